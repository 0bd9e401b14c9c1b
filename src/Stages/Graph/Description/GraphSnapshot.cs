using System.Collections.Immutable;
using RdmaPipeline.Graph.Building;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Description;

/// <summary>Reads a running graph's counters. Each value is whole; values of one moment need not be of the same burst.</summary>
internal static class GraphSnapshot
{
    public static StageGraphDescriptor Take<T>(GraphParts<T> parts, StageGraphState state)
        where T : class, IBurst => new(
            parts.Spec.Name,
            parts.Spec.Preset,
            parts.Revision,
            state,
            [.. parts.Spec.Stages.Select(s => Describe(parts, s))],
            [.. parts.Edges.Select(e => Describe(parts, e))],
            [.. parts.Spec.Doorbells.Select(Describe)]);

    private static StageDescriptor Describe<T>(GraphParts<T> parts, StageSpec<T> spec)
        where T : class, IBurst
    {
        StageMeter m = parts.ByName[spec.Name].Meter;
        return new StageDescriptor(
            spec.Name, m.StageType, spec.Shard, parts.Spec.HopOf(spec),
            m.ConsumedItems, m.ConsumedBursts, m.ProducedItems, m.ProducedBursts, m.CreatedItems, m.EndedItems, m.DroppedItems,
            Drops(m), m.Faults, m.BusySeconds, m.BlockedSeconds,
            [.. Enumerable.Range(0, StageMeter.BurstSizeBuckets).Select(m.BurstsOfSize)]);
    }

    private static ImmutableSortedDictionary<string, long> Drops(StageMeter meter) => Enumerable.Range(0, DropReasons.Count)
        .Select(r => (DropReason)r)
        .Where(r => meter.Dropped(r) != 0)
        .ToImmutableSortedDictionary(DropReasons.Name, meter.Dropped, StringComparer.Ordinal);

    private static EdgeDescriptor Describe<T>(GraphParts<T> parts, Edge<T> edge)
        where T : class, IBurst
    {
        EdgeMeter m = edge.Meter;
        QueueSize queued = m.Queued;
        return new EdgeDescriptor(
            m.Source, m.SourcePort, m.Target, m.TargetPort, m.Capacity,
            m.ProducedItems, m.ProducedBursts, m.ConsumedItems, m.ConsumedBursts, queued.Items, queued.Bursts, m.RefusedOffers,
            parts.ByName[m.Target].Meter.DroppedItems, edge.Gate.IsClosed, m.ItemsPerSecond);
    }

    private static DoorbellDescriptor Describe(DoorbellSpec bell) => new(
        bell.From, bell.To, bell.Doorbell.Capacity, bell.Doorbell.Count, bell.Doorbell.Rung, bell.Doorbell.Refused);
}
