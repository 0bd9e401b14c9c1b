using System.Collections.Immutable;
using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>
/// The two laws of a graph, in items. Edge: produced = consumed + queued, where queued is counted where bursts wait. Stage: consumed +
/// created = produced + ended + dropped + held, where held is counted in the stage. They hold between any two delegates of a shard, and at
/// quiescence. A third look finds a burst that waits at an output and that nobody will fetch.
/// </summary>
public static class GraphLaws
{
    /// <summary>Checks the laws; call it while none of the graph's shards runs.</summary>
    /// <returns>What does not hold; empty when all is well.</returns>
    public static ImmutableArray<LawViolation> Check<T>(StageGraph<T> graph)
        where T : class, IBurst
    {
        ArgumentNullException.ThrowIfNull(graph);
        return [.. graph.Parts.Edges.SelectMany(CheckEdge), .. graph.Parts.Hosts.SelectMany(CheckStage)];
    }

    private static IEnumerable<LawViolation> CheckEdge<T>(Edge<T> edge)
        where T : class, IBurst
    {
        EdgeMeter m = edge.Meter;
        QueueSize queued = m.Queued;
        if (m.ProducedItems != m.ConsumedItems + queued.Items)
        {
            yield return new LawViolation(
                "edge", edge.Spec.ToString(), $"{m.ProducedItems} items produced, {m.ConsumedItems} consumed, {queued.Items} queued.");
        }

        if (m.ProducedBursts != m.ConsumedBursts + queued.Bursts)
        {
            yield return new LawViolation(
                "edge", edge.Spec.ToString(), $"{m.ProducedBursts} bursts produced, {m.ConsumedBursts} consumed, {queued.Bursts} queued.");
        }

        if (edge is BlockEdge<T> { IsStranded: true })
        {
            yield return new LawViolation(
                "progress", edge.Spec.ToString(), $"{edge.WaitingAtSource.Bursts} bursts wait and nobody will fetch them.");
        }
    }

    private static IEnumerable<LawViolation> CheckStage<T>(IStageHost<T> host)
        where T : class, IBurst
    {
        StageMeter m = host.Meter;
        long held = host.Stage is IHoldingStage<T> holder ? holder.Held.Items : 0;
        long taken = m.ConsumedItems + m.CreatedItems;
        long given = m.ProducedItems + m.EndedItems + m.DroppedItems + held;
        if (taken != given)
        {
            yield return new LawViolation(
                "stage",
                m.StageName,
                $"{m.ConsumedItems} consumed + {m.CreatedItems} created,"
                    + $" but {m.ProducedItems} produced + {m.EndedItems} ended + {m.DroppedItems} dropped"
                    + (held == 0 ? "." : $" + {held} held."));
        }
    }
}
