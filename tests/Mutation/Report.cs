namespace RdmaPipeline.Mutation;

/// <summary>The figures of a run as tables.</summary>
internal static class Report
{
    /// <summary>A row for each folder, and the sum.</summary>
    public static void Write(IReadOnlyList<Verdict> verdicts, TextWriter output)
    {
        output.WriteLine("| folder | mutants | killed | timed out | survived | not reached | score |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var folder in verdicts.GroupBy(verdict => verdict.Mutant.Folder).OrderBy(group => group.Key, StringComparer.Ordinal))
            Row(folder.Key, [.. folder], output);
        Row("all", verdicts, output);
    }

    /// <summary>A row for each mutant that nothing noticed.</summary>
    public static void WriteSurvivors(IReadOnlyList<Verdict> verdicts, TextWriter output)
    {
        foreach (var verdict in verdicts.Where(verdict => verdict.Outcome is Outcome.Survived or Outcome.Unreached))
            output.WriteLine($"{verdict.Outcome}\t{verdict.Mutant}");
    }

    private static void Row(string name, IReadOnlyList<Verdict> verdicts, TextWriter output)
    {
        int Count(Outcome outcome) => verdicts.Count(verdict => verdict.Outcome == outcome);
        var (killed, timedOut) = (Count(Outcome.Killed), Count(Outcome.TimedOut));
        output.WriteLine($"| {name} | {verdicts.Count} | {killed} | {timedOut} | {Count(Outcome.Survived)} | {Count(Outcome.Unreached)} "
            + $"| {100.0 * (killed + timedOut) / Math.Max(1, verdicts.Count):f1} % |");
    }
}
