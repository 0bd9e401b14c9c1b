namespace RdmaPipeline.Graph.Validation;

/// <summary>What must hold of the data edges: both ends exist, every output leads to one place, no port is left over.</summary>
internal static class EdgeRules
{
    public static IEnumerable<string> Check<T>(StageGraphSpec<T> spec)
        where T : class, IBurst =>
        spec.Edges.SelectMany(e => CheckEdge(spec, e)).Concat(spec.Stages.DistinctBy(s => s.Name).SelectMany(s => CheckPorts(spec, s)));

    private static IEnumerable<string> CheckEdge<T>(StageGraphSpec<T> spec, EdgeSpec edge)
        where T : class, IBurst
    {
        if (edge.Capacity is < 1 or > StageBlockOptions.MaxCapacity)
        {
            yield return $"Edge {edge} has capacity {edge.Capacity}; it must be 1 to {StageBlockOptions.MaxCapacity} bursts.";
        }

        if (spec.Find(edge.From) is not { } from)
        {
            yield return $"Edge {edge} starts at '{edge.From}', which is no stage.";
        }
        else if (!from.Outputs.Contains(edge.Port))
        {
            yield return $"Edge {edge} starts at output '{edge.Port}', but '{edge.From}' has {Ports(from.Outputs, "output")}.";
        }

        if (spec.Find(edge.To) is not { } to)
        {
            yield return $"Edge {edge} ends at '{edge.To}', which is no stage.";
        }
        else if (!to.Inputs.Contains(edge.ToPort))
        {
            yield return $"Edge {edge} ends at input '{edge.ToPort}', but '{edge.To}' has {Ports(to.Inputs, "input")}.";
        }
    }

    private static IEnumerable<string> CheckPorts<T>(StageGraphSpec<T> spec, StageSpec<T> stage)
        where T : class, IBurst
    {
        foreach (string port in stage.Outputs)
        {
            int edges = spec.Edges.Count(e => e.From == stage.Name && e.Port == port);
            if (edges == 0)
            {
                yield return $"Output '{port}' of '{stage.Name}' leads nowhere.";
            }
            else if (edges > 1)
            {
                yield return $"Output '{port}' of '{stage.Name}' leads to {edges} places; put a stage with one output for each between.";
            }
        }

        foreach (string port in stage.Inputs)
        {
            if (!spec.Edges.Any(e => e.To == stage.Name && e.ToPort == port))
            {
                yield return $"Nothing leads to input '{port}' of '{stage.Name}'.";
            }
        }
    }

    private static string Ports(IReadOnlyList<string> names, string kind) => names.Count switch
    {
        0 => $"no {kind}",
        1 => $"only the {kind} '{names[0]}'",
        _ => $"the {kind}s {string.Join(", ", names.Select(n => $"'{n}'"))}",
    };
}
