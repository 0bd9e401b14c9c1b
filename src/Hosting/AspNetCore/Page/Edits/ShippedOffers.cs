using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport.Stages;

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>The stages every page may put in.</summary>
internal static class ShippedOffers
{
    private const int Rarity = 100;

    public static Dictionary<string, OfferedStage> Create() => new(StringComparer.Ordinal)
    {
        ["tap"] = new("counts what passes and shows it to nobody", static () => new TapStage("tap", Nobody())),
        ["sampler"] = new($"counts 1 packet in {Rarity}", static () => new SamplerStage(PacketChoice.OneIn(Rarity), Nobody())),
        ["delay"] = new("holds each packet for 1 ms", static () => new DelayStage(TimeSpan.FromMilliseconds(1))),
        ["fault"] = new(
            $"loses 1 packet in {Rarity}", static () => new FaultStage(new PacketFaults { Drop = PacketChoice.OneIn(Rarity) })),
    };

    // Who is shown a burst gives it back.
    private static ActionBlock<PacketBurst> Nobody() =>
        new(static burst => burst.Release(), new ExecutionDataflowBlockOptions { BoundedCapacity = 64 });
}
