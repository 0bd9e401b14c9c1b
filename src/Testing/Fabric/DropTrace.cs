using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>Writes into the log which stage of a device drops which packet, and beside its arrival that it came to nothing.</summary>
internal sealed class DropTrace(FabricHost host) : IDropObserver
{
    // More than there are packets in a device at a time, by far; whose place was taken is logged without its number.
    private const int Remembered = 16 * 1024;

    private readonly FabricLogEntry?[] _arrivals = new FabricLogEntry?[Remembered];

    /// <summary>Remembers a packet that enters the device.</summary>
    /// <returns>What its descriptor carries through the stages.</returns>
    public int Remember(FabricLogEntry arrival)
    {
        var mark = (int)(arrival.Number & int.MaxValue);
        _arrivals[mark % Remembered] = arrival;
        return mark;
    }

    public void Dropped(string stage, IBurst? burst, DropReason reason, int items)
    {
        for (var left = items; left > 0; left--)
        {
            var isIncoming = burst is PacketBurst { State: BurstStage.Received or BurstStage.Decoded };
            var arrival = isIncoming ? Find((PacketBurst)burst!, reason) : null;
            host.Fabric.Log.Add(host, FabricEvent.Dropped, arrival?.Packet, reason, stage: stage);
            if (arrival is not null)
                (arrival.Stage, arrival.Reason) = (stage, reason);
        }
    }

    // A stage marks the packet it drops before it tells: the first of this reason that was not told of is meant.
    private FabricLogEntry? Find(PacketBurst burst, DropReason reason)
    {
        for (var i = 0; i < burst.Count; i++)
        {
            var mark = burst.Packets[i].SegmentStart;
            var isMeant = burst.Packets[i].Drop == reason || burst.Count == 1;
            if (isMeant && _arrivals[mark % Remembered] is { Stage: null } arrival && arrival.Number == mark)
                return arrival;
        }

        return null;
    }
}
