namespace RdmaPipeline.Graph.Validation;

/// <summary>One scheduler per shard, one shard per scheduler; a fused shard is fused as a whole and has no data edge to another.</summary>
internal static class ShardRules
{
    private static readonly string s_drivers = string.Join(", ", Enum.GetNames<ShardDriverKind>());

    public static IEnumerable<string> Check<T>(StageGraphSpec<T> spec, StageGraphOptions options)
        where T : class, IBurst => CheckAssignments(spec, options).Concat(CheckDrivers(spec)).Concat(CheckFusion(spec));

    private static IEnumerable<string> CheckDrivers<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        foreach ((int shard, ShardDriverKind kind) in spec.Drivers)
        {
            if (!Enum.IsDefined(kind))
            {
                yield return $"The driver of shard {shard} is {kind}; it must be one of {s_drivers}.";
            }
        }
    }

    private static IEnumerable<string> CheckAssignments<T>(StageGraphSpec<T> spec, StageGraphOptions options)
        where T : class, IBurst
    {
        foreach (IGrouping<int, ShardAssignment> shard in options.Shards.GroupBy(s => s.Shard).Where(g => g.Count() > 1))
        {
            yield return $"Shard {shard.Key} has {shard.Count()} schedulers; it takes exactly one.";
        }

        foreach (IGrouping<ShardScheduler, ShardAssignment> scheduler in options.Shards.GroupBy(s => s.Scheduler).Where(g => g.Count() > 1))
        {
            yield return $"Scheduler '{scheduler.Key.Name}' runs several shards: {string.Join(", ", scheduler.Select(s => s.Shard))}.";
        }

        foreach (int shard in spec.Stages.Select(s => s.Shard).Distinct().Where(n => options.Shards.All(s => s.Shard != n)))
        {
            yield return $"Shard {shard} has no scheduler.";
        }
    }

    private static IEnumerable<string> CheckFusion<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        HashSet<int> fused = [.. spec.Stages.Where(s => spec.HopOf(s) == HopPolicy.Fused).Select(s => s.Shard)];
        foreach (StageSpec<T> stage in spec.Stages.Where(s => fused.Contains(s.Shard) && spec.HopOf(s) != HopPolicy.Fused))
        {
            yield return $"Stage '{stage.Name}' is {spec.HopOf(stage)} but its shard {stage.Shard} is fused; a shard is fused as a whole.";
        }

        foreach (EdgeSpec edge in spec.Edges)
        {
            int? from = spec.Find(edge.From)?.Shard;
            int? to = spec.Find(edge.To)?.Shard;
            if (from is { } a && to is { } b && a != b && (fused.Contains(a) || fused.Contains(b)))
            {
                yield return $"Edge {edge} connects a fused shard with another one; fuse neither.";
            }
        }
    }
}
