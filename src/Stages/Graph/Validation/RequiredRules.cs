namespace RdmaPipeline.Graph.Validation;

/// <summary>What the owner of the graph cannot do without.</summary>
internal static class RequiredRules
{
    public static IEnumerable<string> Check<T>(StageGraphSpec<T> spec, StageGraphOptions options)
        where T : class, IBurst
    {
        foreach (RequiredStage required in options.Required)
        {
            if (spec.Find(required.Name) is not { } stage)
            {
                yield return $"Stage '{required.Name}' is gone, but the graph's owner cannot do without it; it may be replaced.";
            }
            else if (stage.Shard != required.Shard)
            {
                yield return $"Stage '{required.Name}' has moved to shard {stage.Shard}; it belongs to shard {required.Shard}.";
            }
        }
    }

    /// <summary>Checks what a change does to them.</summary>
    public static IEnumerable<string> CheckChange<T>(StageGraphSpec<T> running, StageGraphSpec<T> wanted, StageGraphOptions options)
        where T : class, IBurst
    {
        foreach (string name in options.Required.Select(r => r.Name))
        {
            if (running.Find(name) is { } old && wanted.Find(name) is { } now
                && !(old.Inputs.SequenceEqual(now.Inputs) && old.Outputs.SequenceEqual(now.Outputs)))
            {
                yield return $"Stage '{name}' has other ports; it has to keep [{string.Join(", ", old.Inputs.Concat(old.Outputs))}].";
            }

            foreach (DoorbellSpec bell in running.Doorbells.Where(b => b.To == name && !wanted.Doorbells.Contains(b)))
            {
                yield return $"The doorbell that wakes '{name}' is gone; the graph's owner rings it.";
            }
        }
    }
}
