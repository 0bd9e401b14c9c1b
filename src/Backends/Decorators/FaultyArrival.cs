using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Decorators;

/// <summary>Applies the fates of incoming packets, which are not decoded yet.</summary>
internal sealed class FaultyArrival(IPacketBackend inner, FaultLane lane)
{
    private readonly List<PacketBurst> _duplicates = new(PacketBurst.MaxPackets);

    /// <summary>Takes the burst over; what goes on lies in the lane afterwards.</summary>
    public void Take(PacketBurst burst, long now)
    {
        var stays = 0UL;
        for (var i = 0; i < burst.Count; i++)
        {
            if (Passes(burst, i, now))
                stays |= 1UL << i;
        }

        burst.Keep(stays);
        if (burst.Count > 0)
            lane.Passing.Enqueue(burst);
        else
            burst.Release();
        foreach (var duplicate in _duplicates)
            lane.Passing.Enqueue(duplicate);
        _duplicates.Clear();
        lane.Release(lane.LastOrdinal, now);
    }

    private bool Passes(PacketBurst burst, int index, long now)
    {
        var transport = Transport(burst, index);
        var fate = lane.Draw(transport);
        switch (fate)
        {
            case FaultKind.Loss:
                inner.Counters.Drop(DropReason.InjectedFault, 1);
                return false;
            case FaultKind.Reorder or FaultKind.Delay:
                lane.Hold(PacketCopy.Frame(burst, index, inner.Pool), fate, lane.LastOrdinal, now);
                return false;
            case FaultKind.Duplicate:
                _duplicates.Add(PacketCopy.Frame(burst, index, inner.Pool));
                return true;
            case FaultKind.Corrupt:
                lane.Corrupt(transport);
                return true;
            default:
                return true;
        }
    }

    private Span<byte> Transport(PacketBurst burst, int index)
    {
        ref var packet = ref burst.Packets[index];
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
        if (inner.Codec.FrameOverhead == 0)
            return frame;
        var layout = inner.Description.LinkType == LinkType.InfiniBand ? NativeFrame.Locate(frame) : EthernetFrame.Locate(frame);
        return layout.IsSound ? frame.Slice(layout.TransportOffset, layout.TransportLength) : [];
    }
}
