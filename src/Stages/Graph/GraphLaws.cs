using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>
/// The two laws of a graph, in items. Edge: produced = consumed + queued, where queued is counted where bursts wait. Stage: consumed + created =
/// produced + ended + dropped. They hold between any two delegates of a shard, and at quiescence.
/// </summary>
public static class GraphLaws
{
    /// <summary>Checks both laws; call it while none of the graph's shards runs.</summary>
    /// <returns>What does not hold; empty when all is well.</returns>
    public static ImmutableArray<LawViolation> Check<T>(StageGraph<T> graph)
        where T : class, IBurst => throw new NotImplementedException();
}
