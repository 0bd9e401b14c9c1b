namespace RdmaPipeline.Graph.Validation;

/// <summary>Nothing in a description is null: what is cannot even be looked at by the other rules.</summary>
internal static class GapRules
{
    public static IEnumerable<string> Check<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        foreach ((string what, int nulls) in new[]
        {
            ("stages", spec.Stages.Count(s => s is null)),
            ("edges", spec.Edges.Count(e => e is null)),
            ("doorbells", spec.Doorbells.Count(b => b is null)),
        })
        {
            if (nulls != 0)
            {
                yield return $"Of the {what} of the description {nulls} are null.";
            }
        }
    }
}
