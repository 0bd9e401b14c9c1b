namespace RdmaPipeline.Graph.Validation;

/// <summary>What must hold of each stage by itself.</summary>
internal static class StageRules
{
    private static readonly string s_hops = string.Join(", ", Enum.GetNames<HopPolicy>());

    public static IEnumerable<string> Check<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        if (string.IsNullOrWhiteSpace(spec.Name))
        {
            yield return "The graph has no name.";
        }

        if (!Enum.IsDefined(spec.Hop))
        {
            yield return $"Bursts of the graph hop {spec.Hop}; it must be one of {s_hops}.";
        }

        if (spec.Stages.IsEmpty)
        {
            yield return "The graph has no stages.";
        }

        foreach (string name in Repeated(spec.Stages.Select(s => s.Name)))
        {
            yield return $"Two stages are named '{name}'.";
        }

        foreach (string error in spec.Stages.SelectMany(CheckStage))
        {
            yield return error;
        }
    }

    private static IEnumerable<string> CheckStage<T>(StageSpec<T> stage)
        where T : class, IBurst
    {
        if (string.IsNullOrWhiteSpace(stage.Name))
        {
            yield return "A stage has no name.";
        }

        if (stage.Factory is null)
        {
            yield return $"Stage '{stage.Name}' has no factory.";
        }

#if CANARY_REFUSED_GRAPH
        if (stage.Capacity is <= 1 or > StageBlockOptions.MaxCapacity)
#else
        if (stage.Capacity is < 1 or > StageBlockOptions.MaxCapacity)
#endif
        {
            yield return $"Stage '{stage.Name}' has capacity {stage.Capacity}; it must be 1 to {StageBlockOptions.MaxCapacity} bursts.";
        }

        if (stage.Hop is { } hop && !Enum.IsDefined(hop))
        {
            yield return $"Bursts hop into stage '{stage.Name}' by {hop}; it must be one of {s_hops}.";
        }

        foreach (string port in Repeated(stage.Inputs).Concat(Repeated(stage.Outputs)))
        {
            yield return $"Stage '{stage.Name}' names its port '{port}' twice.";
        }
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> names) =>
        names.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key);
}
