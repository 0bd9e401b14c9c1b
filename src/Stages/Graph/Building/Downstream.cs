namespace RdmaPipeline.Graph.Building;

/// <summary>The stages of a description in an order in which every data edge leads backwards.</summary>
internal static class Downstream
{
    public static List<string> First<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        var ordered = new List<string>();
        var seen = new HashSet<string>();
        ILookup<string, string> next = spec.Edges.ToLookup(e => e.From, e => e.To);
        foreach (StageSpec<T> stage in spec.Stages)
        {
            Visit(stage.Name, next, seen, ordered);
        }

        return ordered;
    }

    private static void Visit(string stage, ILookup<string, string> next, HashSet<string> seen, List<string> ordered)
    {
        if (!seen.Add(stage))
        {
            return;
        }

        foreach (string target in next[stage])
        {
            Visit(target, next, seen, ordered);
        }

        ordered.Add(stage);
    }
}
