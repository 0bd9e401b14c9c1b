using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Tests.Captures;
using RdmaPipeline.Testing.Captures;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>What two hosts with Soft-RoCE said to each other, as one capture file has it.</summary>
internal sealed class Conversation
{
    private Conversation(ReplaySetup setup, IReadOnlyList<CapturedFrame> frames)
    {
        (Setup, Frames) = (setup, frames);
        Copies = frames.Where((frame, i) => frames.Take(i).Any(frame.IsCopyOf)).Select(frame => frame.Number).ToHashSet();
    }

    public ReplaySetup Setup { get; }

    public IReadOnlyList<CapturedFrame> Frames { get; }

    /// <summary>The frames that the wire doubled.</summary>
    public IReadOnlySet<int> Copies { get; }

    /// <summary>Every address that sent or was sent to; a multicast group stands for its member.</summary>
    public IEnumerable<Gid> Hosts => Frames.SelectMany(frame => (Gid[])[frame.Source, frame.Destination]).Distinct();

    public static Conversation Read(ReplaySetup setup)
    {
        var packets = CaptureReader.ReadFile(CaptureFiles.Paths.Single(p => Path.GetFileNameWithoutExtension(p) == setup.Capture));
        var origin = packets[0].Nanoseconds;
        return new Conversation(setup,
        [
            .. from packet in packets
               let bytes = packet.Data.ToArray()
               let layout = EthernetFrame.Locate(bytes)
               where layout.IsSound
               select new CapturedFrame(packet.Number, new Instant(packet.Nanoseconds - origin), bytes, layout),
        ]);
    }

    /// <summary>What one queue pair of a host sent and was sent, in order.</summary>
    public IEnumerable<CapturedFrame> Of(Gid host, EndKey key) =>
        Frames.Where(frame => (frame.Source == host || frame.Destination == host) && EndKey.Of(frame, host) == key);

    public IEnumerable<EndKey> Ends(Gid host) =>
        Frames.Where(frame => frame.Source == host || frame.Destination == host).Select(frame => EndKey.Of(frame, host)).Distinct();
}
