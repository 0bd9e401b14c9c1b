using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport.Stages;

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>The stages every page may put in, and the one that needs a place on the disk.</summary>
internal static class ShippedOffers
{
    private const int Rarity = 100;
    private const long BytesPerFile = 64 << 20;
    private const int FilesPerTap = 2;

    private static int s_taps;

    public static Dictionary<string, OfferedStage> Create() => new(StringComparer.Ordinal)
    {
        ["sampler"] = new($"counts 1 packet in {Rarity}", static () => new SamplerStage(PacketChoice.OneIn(Rarity), Nobody())),
        ["delay"] = new("holds each packet for 1 ms", static () => new DelayStage(TimeSpan.FromMilliseconds(1))),
        ["fault"] = new(
            $"loses 1 packet in {Rarity}", static () => new FaultStage(new PacketFaults { Drop = PacketChoice.OneIn(Rarity) })),
    };

    /// <summary>A capture into files of a directory, which tell the process and count its taps.</summary>
    public static OfferedStage Tap(string directory) => new($"writes what passes into a capture in {directory}", () =>
    {
        Directory.CreateDirectory(directory);
        string name = $"tap-{Environment.ProcessId}-{Interlocked.Increment(ref s_taps)}.pcapng";
        return new CaptureStage(new CaptureOptions
        {
            Path = Path.Combine(directory, name), MaxFileBytes = BytesPerFile, MaxFiles = FilesPerTap,
        });
    });

    // Who is shown a burst gives it back.
    private static ActionBlock<PacketBurst> Nobody() =>
        new(static burst => burst.Release(), new ExecutionDataflowBlockOptions { BoundedCapacity = 64 });
}
