using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Testing;

/// <content>From the receive ring into bursts.</content>
internal sealed partial class FabricPort
{
    // The lines of the log that tell of the packets in the ring.
    private readonly Queue<FabricLogEntry> _arrivals = new();

    /// <summary>
    /// When to look into the ring again; <see cref="long.MaxValue"/> when nothing is in it. A device that does not look at once, because it
    /// moderates its receives, looks again when some time has passed.
    /// </summary>
    public long NextLook => _ring.Count == 0 ? long.MaxValue : Math.Max(_nextReceive, Now + _host.Fabric.Options.NanosecondsPerStep);

    private bool MayReceive => _ring.Count > 0 && (ReceiveInterval == 0 || Now >= _nextReceive);

    // A burst is one flow; a frame that was tampered with may be of any other, so it comes alone.
    private PacketBurst? TakeBurst()
    {
        if (!MayReceive)
            return null;
        var first = _ring.Peek();
        var burst = Pool.Rent();
        burst.Path = first.Path;
        burst.State = BurstStage.Received;
        var offset = 0;
        do
        {
            offset += Append(burst, offset, _ring.Dequeue());
            _nextReceive = Now + ReceiveInterval;
        }
        while (MayReceive && burst.Count < PacketBurst.MaxPackets && GoesWith(first, _ring.Peek(), burst.SlabLength - offset));
        return burst;
    }

    private static bool GoesWith(FabricPacket first, FabricPacket next, int room) =>
        !first.IsAltered && !next.IsAltered && next.Path == first.Path && next.Frame.Length <= room;

    private int Append(PacketBurst burst, int offset, FabricPacket packet)
    {
        var frame = packet.Frame.Span;
        ref var descriptor = ref burst.Append();
        descriptor.FrameOffset = offset;
        descriptor.FrameLength = frame.Length;
        frame.CopyTo(burst.Bytes(offset, frame.Length));
        foreach (ref readonly var message in packet.Contexts.AsSpan())
            burst.AddContext(message);
        Counters.Received.CountPackets(1, frame.Length);
        descriptor.SegmentStart = _host.Drops.Remember(_arrivals.Dequeue());
        return frame.Length;
    }
}
