using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>One look at a device: its counters, and the rates since the look before.</summary>
internal sealed class DeviceLook(DevicePipeline pipeline, DeviceSight? last, double seconds)
{
    private readonly DeviceSnapshot? _before = last?.Snapshot;

    public DeviceSight Take(RdmaDevice device, string? service)
    {
        var port = device.QueryPort();
        var queuePairs = pipeline.QueuePairs;
        var backend = pipeline.BackendCounters;
        var snapshot = new DeviceSnapshot(
            device.Name, service, pipeline.Backend.Type, port.State.ToString(), port.ActiveMtu.ToBytes(), pipeline.HasFailed,
            pipeline.OutstandingBursts, pipeline.PendingSends, Look(pipeline.Describe()),
            Look(backend.Sent, _before?.Sent), Look(backend.Received, _before?.Received),
            queuePairs.Count, Choose(queuePairs.Select(Look)),
            pipeline.HardwareCounters, pipeline.AdapterCounters,
            pipeline.DroppedPackets.Where(reason => reason.Value != 0).ToDictionary());
        return new DeviceSight(snapshot, queuePairs.ToDictionary(pair => pair.Number));
    }

    // Of many those that somebody looks for: the failed ones, then the busiest.
    private static IReadOnlyList<QueuePairSnapshot> Choose(IEnumerable<QueuePairSnapshot> queuePairs) =>
        [.. queuePairs.OrderByDescending(pair => pair.State is "ERR" or "SQE")
            .ThenByDescending(pair => pair.SentPerSecond + pair.ReceivedPerSecond).Take(DeviceSnapshot.MaxQueuePairs)];

    private GraphSnapshot Look(StageGraphDescriptor graph) => new(
        graph.Name, graph.Preset, graph.Revision, graph.State.ToString(),
        [.. graph.Stages.Select(Look)], [.. graph.Edges.Select(Look)], [.. graph.Doorbells.Select(Look)]);

    private StageSnapshot Look(StageDescriptor stage)
    {
        var old = _before?.Graph.Stages.FirstOrDefault(other => other.Name == stage.Name && other.Type == stage.Type);
        double items = Rate(stage.ConsumedItems + stage.CreatedItems, old?.ConsumedItems + old?.CreatedItems);
        double bursts = Rate(BurstsOf(stage.ConsumedBursts, stage.ProducedBursts), BurstsOf(old?.ConsumedBursts, old?.ProducedBursts));
        return new StageSnapshot(
            stage.Name, stage.Type, stage.Shard, stage.Hop.ToString(),
            stage.ConsumedItems, stage.ConsumedBursts, stage.ProducedItems, stage.ProducedBursts, stage.CreatedItems, stage.EndedItems,
            stage.DroppedItems, stage.Drops, stage.Faults, stage.BusySeconds, stage.BlockedSeconds)
        {
            ItemsPerSecond = items,
            MeanBurst = bursts == 0 ? 0 : items / bursts,
            DroppedPerSecond = Rate(stage.DroppedItems, old?.DroppedItems),
            BusyFraction = Math.Min(1, Rate(stage.BusySeconds, old?.BusySeconds)),
            BlockedFraction = Math.Min(1, Rate(stage.BlockedSeconds, old?.BlockedSeconds)),
        };
    }

    private EdgeSnapshot Look(EdgeDescriptor edge)
    {
        var old = _before?.Graph.Edges.FirstOrDefault(other => other.From == edge.From && other.Port == edge.Port && other.To == edge.To);
        double items = Rate(edge.ConsumedItems, old?.ConsumedItems);
        double bursts = Rate(edge.ConsumedBursts, old?.ConsumedBursts);
        return new EdgeSnapshot(
            edge.From, edge.Port, edge.To, edge.ToPort, edge.Capacity, edge.QueuedItems, edge.QueuedBursts,
            edge.ConsumedItems, edge.ConsumedBursts, edge.RefusedOffers, edge.DroppedItems, edge.IsClosed)
        {
            ItemsPerSecond = items,
            MeanBurst = bursts == 0 ? 0 : items / bursts,
        };
    }

    private DoorbellSnapshot Look(DoorbellDescriptor bell)
    {
        var old = _before?.Graph.Doorbells.FirstOrDefault(other => other.From == bell.From && other.To == bell.To);
        return new DoorbellSnapshot(bell.From, bell.To, bell.Capacity, bell.Queued, bell.Rung)
        {
            RungPerSecond = Rate(bell.Rung, old?.Rung),
        };
    }

    private QueuePairSnapshot Look(QueuePairSummary pair)
    {
        var old = last?.QueuePairs.GetValueOrDefault(pair.Number);
        return new QueuePairSnapshot(
            pair.Number, QueuePairNames.Of(pair.Type), QueuePairNames.Of(pair.State), pair.PeerNumber, pair.Peer?.ToString(), pair.Shard,
            pair.PendingSends, pair.PendingReceives, pair.SentPackets, pair.ReceivedPackets, pair.Retransmitted)
        {
            SentPerSecond = Rate(pair.SentPackets, old?.SentPackets),
            ReceivedPerSecond = Rate(pair.ReceivedPackets, old?.ReceivedPackets),
        };
    }

    private TrafficSnapshot Look(Backends.DirectionCounters counted, TrafficSnapshot? old) =>
        new(counted.Packets, counted.Bytes, counted.Calls, counted.Errors)
        {
            PacketsPerSecond = Rate(counted.Packets, old?.Packets),
            BytesPerSecond = Rate(counted.Bytes, old?.Bytes),
        };

    // A stage at the beginning of its way takes none in, one at the end gives none out.
    private static long BurstsOf(long consumed, long produced) => consumed != 0 ? consumed : produced;

    private static long? BurstsOf(long? consumed, long? produced) => consumed is null ? null : BurstsOf(consumed.Value, produced ?? 0);

    // What was not there before has counted since then; what counts less than before is new under an old name.
    private double Rate(double now, double? old) =>
        _before is null || seconds <= 0 ? 0 : Math.Max(0, now - (old is { } then && then <= now ? then : 0)) / seconds;
}
