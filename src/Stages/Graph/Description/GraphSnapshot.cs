using System.Collections.Immutable;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Description;

/// <summary>Reads a running graph's counters. Each value is whole; values of one moment need not be of the same burst.</summary>
internal static class GraphSnapshot
{
    public static StageGraphDescriptor Take<T>(StageGraph<T> graph)
        where T : class, IBurst => new(
            graph.Spec.Name,
            graph.Spec.Preset,
            graph.Revision,
            graph.State,
            [.. graph.Spec.Stages.Select(s => Describe(graph, s))],
            [.. graph.Edges.Select(e => Describe(graph, e))],
            [.. graph.Spec.Doorbells.Select(Describe)]);

    private static StageDescriptor Describe<T>(StageGraph<T> graph, StageSpec<T> spec)
        where T : class, IBurst
    {
        StageMeter m = graph[spec.Name].Meter;
        return new StageDescriptor(
            spec.Name, m.StageType, spec.Shard, graph.Spec.HopOf(spec),
            m.ConsumedItems, m.ConsumedBursts, m.ProducedItems, m.ProducedBursts, m.CreatedItems, m.EndedItems, m.DroppedItems,
            Drops(m), m.Faults, m.BusySeconds, m.BlockedSeconds,
            [.. Enumerable.Range(0, StageMeter.BurstSizeBuckets).Select(m.BurstsOfSize)]);
    }

    private static ImmutableSortedDictionary<string, long> Drops(StageMeter meter) => Enumerable.Range(0, DropReasons.Count)
        .Select(r => (DropReason)r)
        .Where(r => meter.Dropped(r) != 0)
        .ToImmutableSortedDictionary(DropReasons.Name, meter.Dropped, StringComparer.Ordinal);

    private static EdgeDescriptor Describe<T>(StageGraph<T> graph, Edge<T> edge)
        where T : class, IBurst
    {
        EdgeMeter m = edge.Meter;
        QueueSize queued = m.Queued;
        return new EdgeDescriptor(
            m.Source, m.SourcePort, m.Target, m.TargetPort, m.Capacity,
            m.ProducedItems, m.ProducedBursts, m.ConsumedItems, m.ConsumedBursts, queued.Items, queued.Bursts, m.RefusedOffers,
            graph[m.Target].Meter.DroppedItems, edge.Gate.IsClosed, m.ItemsPerSecond);
    }

    private static DoorbellDescriptor Describe(DoorbellSpec bell) => new(
        bell.From, bell.To, bell.Doorbell.Capacity, bell.Doorbell.Count, bell.Doorbell.Rung, bell.Doorbell.Refused);
}
