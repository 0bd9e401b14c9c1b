namespace RdmaPipeline.Cli.Explain;

/// <summary>Explanations for a person.</summary>
internal static class ExplainText
{
    private const double NanosecondsPerMillisecond = 1e6;

    public static void Write(TextWriter output, ExplainReport report)
    {
        if (report.Explanations.Count == 0)
            output.WriteLine($"{report.File}: no RDMA in this {report.Kind}");
        foreach (var explanation in report.Explanations)
            Write(output, explanation);
        int failed = report.Explanations.Count(e => e.End.IsFailure);
        output.WriteLine($"{report.Explanations.Count} explained, {failed} failed");
    }

    private static void Write(TextWriter output, Explanation explanation)
    {
        output.WriteLine(explanation.Title);
        output.WriteLine($"    {string.Join(", ", explanation.Facts.Select(fact => $"{fact.Key} {fact.Value}"))}");
        foreach (var told in explanation.Events)
            output.WriteLine($"    {Line(told)}");
        Write(output, explanation.End);
        output.WriteLine();
    }

    private static string Line(ExplainedEvent told)
    {
        string packet = told.Packet is { } number ? $" #{number,-5}" : "";
        string psn = told.Psn is { } value ? $" PSN 0x{value:x6}" : "";
        return $"{told.Nanoseconds / NanosecondsPerMillisecond,12:+0.000;-0.000} ms{packet}{psn} {told.Text}";
    }

    private static void Write(TextWriter output, ExplainedEnd end)
    {
        if (!end.IsFailure)
        {
            output.WriteLine($"    end:     {end.Cause}");
            return;
        }
        string at = end.Psn is { } psn ? $" at PSN 0x{psn:x6}" : "";
        string times = end.Attempts > 0 ? $", sent {end.Attempts} {(end.Attempts == 1 ? "time" : "times")}" : "";
        output.WriteLine($"    end:     {(end.IsCertain ? "" : "probably ")}{end.Status} in stage {end.Stage}{at}{times}");
        output.WriteLine($"    cause:   {end.Cause}");
        if (end.Seen.Length > 0)
            output.WriteLine($"    seen:    {end.Seen}");
        output.WriteLine($"    look at: {end.Advice}");
        if (end.Rule.Length > 0)
            output.WriteLine($"    rule:    {end.Rule}");
    }
}
