using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Decorators;

/// <summary>Applies the fates of outgoing packets. A burst that any fault touches is framed anew from what is left of it.</summary>
internal sealed class FaultyDeparture(IPacketBackend inner, FaultLane lane)
{
    private PacketBurst? _building;
    private ulong _corrupt;
    private int _bytes;

    /// <summary>Takes the burst over; what goes on lies in the lane afterwards.</summary>
    public void Take(PacketBurst burst, long now)
    {
        Span<FaultKind> fates = stackalloc FaultKind[PacketBurst.MaxPackets];
        var before = lane.LastOrdinal;
        var plain = true;
        for (var i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            fates[i] = lane.Draw(burst.Bytes(packet.TransportOffset, packet.TransportLength));
            plain &= fates[i] == FaultKind.None;
        }

        if (plain && !lane.IsDue(lane.LastOrdinal, now))
        {
            lane.Passing.Enqueue(burst);
            return;
        }

        for (var i = 0; i < burst.Count; i++)
            Apply(burst, i, fates[i], before + 1 + i, now);
        Finish();
        burst.Release();
    }

    private void Apply(PacketBurst burst, int index, FaultKind fate, long ordinal, long now)
    {
        switch (fate)
        {
            case FaultKind.Loss:
                inner.Counters.Drop(DropReason.InjectedFault, 1);
                break;
            case FaultKind.Reorder or FaultKind.Delay:
                lane.Hold(Single(burst, index), fate, ordinal, now);
                break;
            case FaultKind.Duplicate:
                Add(burst, index);
                Add(burst, index);
                break;
            default:
                Add(burst, index);
                if (fate == FaultKind.Corrupt)
                    _corrupt |= 1UL << (_building!.Count - 1);
                break;
        }

        if (!lane.IsDue(ordinal, now))
            return;
        Finish();
        lane.Release(ordinal, now);
    }

    private void Add(PacketBurst burst, int index)
    {
        var frame = burst.Packets[index].FrameLength;
        if (_building is not null && (_building.Count == PacketBurst.MaxPackets || _bytes + frame > _building.SlabLength))
            Finish();
        _building ??= inner.Pool.Rent();
        _bytes += frame;
        PacketCopy.Unframe(burst, index, _building);
    }

    private PacketBurst Single(PacketBurst burst, int index)
    {
        var single = inner.Pool.Rent();
        PacketCopy.Unframe(burst, index, single);
        inner.Codec.Encode(single);
        return single;
    }

    private void Finish()
    {
        if (_building is null)
            return;
        inner.Codec.Encode(_building);
        for (var i = 0; i < _building.Count; i++)
        {
            ref var packet = ref _building.Packets[i];
            if ((_corrupt >> i & 1) != 0)
                lane.Corrupt(_building.Bytes(packet.TransportOffset, packet.TransportLength));
        }

        lane.Passing.Enqueue(_building);
        _building = null;
        _corrupt = 0;
        _bytes = 0;
    }
}
