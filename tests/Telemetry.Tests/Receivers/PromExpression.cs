using System.Text.RegularExpressions;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Receivers;

/// <summary>An expression of PromQL, as far as names go.</summary>
internal sealed partial class PromExpression
{
    public PromExpression(string text)
    {
        Text = text;
        GroupedBy = [.. Grouping().Matches(text).SelectMany(m => m.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries))];
        Selected = [.. Selector().Matches(text).SelectMany(m => Matcher().Matches(m.Value)).Select(m => m.Groups["label"].Value)];
        Metrics = [.. Name().Matches(Selector().Replace(Grouping().Replace(text, ""), "")).Select(m => m.Value).Distinct()];
    }

    public string Text { get; }

    public IReadOnlyList<string> Metrics { get; }

    public IReadOnlyList<string> GroupedBy { get; }

    public IReadOnlyList<string> Selected { get; }

    /// <summary>What the catalogue does not have.</summary>
    public IEnumerable<string> Unknown()
    {
        MetricDescription[] metrics = [.. Metrics.Select(PrometheusNames.Find).OfType<MetricDescription>()];
        HashSet<string> labels = [.. metrics.SelectMany(PrometheusNames.LabelsOf)];
        return Metrics.Where(m => PrometheusNames.Find(m) is null).Select(m => $"metric {m}")
            .Concat(GroupedBy.Concat(Selected).Where(l => !labels.Contains(l)).Select(l => $"label {l} of {string.Join(", ", Metrics)}"));
    }

    [GeneratedRegex(@"\b(by|without|on|ignoring)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(?<label>\w+)\s*(=~|!~|!=|=)")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\brdma_\w+")]
    private static partial Regex Name();
}
