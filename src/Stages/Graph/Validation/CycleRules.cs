namespace RdmaPipeline.Graph.Validation;

/// <summary>
/// No cycle of data edges: bounded buffers in a circle lock up under load. No cycle with doorbells in it either: draining would wait for
/// itself.
/// </summary>
internal static class CycleRules
{
    public static IEnumerable<string> Check<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        ILookup<string, string> data = spec.Edges.ToLookup(e => e.From, e => e.To);
        if (FindCycle(spec, data) is { } cycle)
        {
            yield return $"The data edges form a cycle: {cycle}."
                + " Bounded stages in a circle can lock up; let the last stage ring a doorbell instead.";
            yield break;
        }

        ILookup<string, string> all = spec.Edges.Select(e => (e.From, e.To))
            .Concat(spec.Doorbells.Where(b => b.From is not null).Select(b => (From: b.From!, b.To)))
            .ToLookup(e => e.From, e => e.To);
#if CANARY_UNSEEN_CYCLE
        if (FindCycle(spec, data) is { } ring)
#else
        if (FindCycle(spec, all) is { } ring)
#endif
        {
            yield return $"Data and doorbell edges form a cycle: {ring}. Such a graph could never be drained.";
        }
    }

    private static string? FindCycle<T>(StageGraphSpec<T> spec, ILookup<string, string> next)
        where T : class, IBurst
    {
        var done = new HashSet<string>();
        var path = new List<string>();
        return spec.Stages.Select(s => Walk(s.Name, next, done, path)).FirstOrDefault(c => c is not null);
    }

    private static string? Walk(string stage, ILookup<string, string> next, HashSet<string> done, List<string> path)
    {
        int start = path.IndexOf(stage);
        if (start >= 0)
        {
            return string.Join(" → ", path.Skip(start).Append(stage));
        }

        if (done.Contains(stage))
        {
            return null;
        }

        path.Add(stage);
        string? cycle = next[stage].Select(n => Walk(n, next, done, path)).FirstOrDefault(c => c is not null);
        path.RemoveAt(path.Count - 1);
        done.Add(stage);
        return cycle;
    }
}
