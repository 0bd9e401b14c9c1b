namespace RdmaPipeline.Graph.Validation;

/// <summary>What a change of a running graph must not do, beside what no description may.</summary>
internal static class ChangeRules
{
    public static IEnumerable<string> Check<T>(
        StageGraphSpec<T> running, StageGraphSpec<T> wanted, StageGraphDiff diff, StageGraphOptions options)
        where T : class, IBurst
    {
        if (wanted.Name != running.Name)
        {
            yield return $"The graph is named '{running.Name}' for its life; it cannot become '{wanted.Name}'.";
        }

        foreach (string error in RequiredRules.CheckChange(running, wanted, options))
        {
            yield return error;
        }

        foreach ((int shard, ShardDriverKind kind) in diff.Drivers)
        {
            if (options.ChangeDriver is null || !running.Drivers.TryGetValue(shard, out ShardDriverKind now))
            {
                yield return $"The driver of shard {shard} is not the graph's: it cannot become {kind} here.";
            }
            else if (now == ShardDriverKind.Seeded || kind == ShardDriverKind.Seeded)
            {
                yield return $"Shard {shard} is {now} and cannot become {kind}: a seeded shard stays seeded, and no other becomes it.";
            }
        }

        foreach (int shard in running.Drivers.Keys.Except(wanted.Drivers.Keys))
        {
            yield return $"Shard {shard} would have no driver any more.";
        }
    }
}
