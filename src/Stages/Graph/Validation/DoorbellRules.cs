namespace RdmaPipeline.Graph.Validation;

/// <summary>What must hold of the doorbell edges.</summary>
internal static class DoorbellRules
{
    public static IEnumerable<string> Check<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        foreach (DoorbellSpec bell in spec.Doorbells)
        {
            if (bell.Doorbell is null)
            {
                yield return $"The doorbell of '{bell.To}' is null.";
            }

            if (bell.From is not null && spec.Find(bell.From) is null)
            {
                yield return $"A doorbell is rung by '{bell.From}', which is no stage.";
            }

            if (spec.Find(bell.To) is null)
            {
                yield return $"A doorbell wakes '{bell.To}', which is no stage.";
            }
        }

        foreach (IGrouping<Doorbell, DoorbellSpec> bells in spec.Doorbells.Where(b => b.Doorbell is not null).GroupBy(b => b.Doorbell))
        {
            string[] woken = [.. bells.Select(b => b.To).Distinct()];
            if (woken.Length > 1)
            {
                yield return $"One doorbell wakes several stages: {string.Join(", ", woken.Select(w => $"'{w}'"))}.";
            }
        }
    }
}
