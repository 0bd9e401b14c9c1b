using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RdmaPipeline.TelemetryTests.Receivers;

/// <summary>The dashboard asks for what there is, and each of its questions has panels that fit beside each other.</summary>
public sealed partial class DashboardTests
{
    private const int Columns = 24;
    private static readonly JsonElement Dashboard =
        JsonDocument.Parse(File.ReadAllText(SourceTree.Find("telemetry/grafana/rdmapipeline.json"))).RootElement;

    private static IEnumerable<JsonElement> Panels => Dashboard.GetProperty("panels").EnumerateArray();

    private static IEnumerable<JsonElement> Targets =>
        Panels.Where(p => p.TryGetProperty("targets", out _)).SelectMany(p => p.GetProperty("targets").EnumerateArray());

    private static IEnumerable<string> Expressions => Targets.Select(t => t.GetProperty("expr").GetString()!)
        .Concat(Dashboard.GetProperty("annotations").GetProperty("list").EnumerateArray().Select(a => a.GetProperty("expr").GetString()!));

    [Fact]
    public void ItAsksTheQuestionsInTheirOrder() => Assert.Equal(
        [
            "Is it healthy?", "Where is the bottleneck?", "Why is it slow?", "What was dropped, and what failed?",
            "What does it hold, and what was changed?",
        ],
        Panels.Where(p => p.GetProperty("type").GetString() == "row").Select(p => p.GetProperty("title").GetString()));

    [Fact]
    public void EveryExpressionNamesMetricsAndLabelsOfTheCatalogue()
    {
        PromExpression[] all = [.. Expressions.Select(e => new PromExpression(e))];
        Assert.All(all, e => Assert.NotEmpty(e.Metrics));
        Assert.Empty(all.SelectMany(e => e.Unknown().Select(unknown => $"{unknown} in {e.Text}")));
    }

    [Fact]
    public void EveryLegendNamesWhatItsExpressionIsGroupedBy() => Assert.Empty(
        from target in Targets
        let expression = new PromExpression(target.GetProperty("expr").GetString()!)
        from Match label in LegendLabel().Matches(target.GetProperty("legendFormat").GetString()!)
        where !expression.GroupedBy.Contains(label.Groups["label"].Value)
        select $"{label.Value} of {expression.Text}");

    [Fact]
    public void EveryVariableIsDefined()
    {
        HashSet<string> defined =
        [
            "__rate_interval", "__range",
            .. Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Select(v => v.GetProperty("name").GetString()!),
        ];
        Assert.All(Expressions.SelectMany(e => Variable().Matches(e)), m => Assert.Contains(m.Groups["name"].Value, defined));
    }

    [Fact]
    public void PanelsHaveTheirOwnNumberAndPlace()
    {
        Assert.Equal(Panels.Count(), Panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
        var taken = new HashSet<(int X, int Y)>();
        foreach (var panel in Panels)
        {
            var place = panel.GetProperty("gridPos");
            var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
            var (w, h) = (place.GetProperty("w").GetInt32(), place.GetProperty("h").GetInt32());
            Assert.InRange(x + w, 1, Columns);
            var cells = from i in Enumerable.Range(x, w) from j in Enumerable.Range(y, h) select (i, j);
            Assert.All(cells, cell => Assert.True(taken.Add(cell), $"{panel.GetProperty("title")} lies on another panel"));
        }
    }

    [SkippableFact]
    public void PrometheusUnderstandsEveryExpression()
    {
        Promtool.Require();
        var rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        foreach (var (expression, i) in Expressions.Select((e, i) => (e, i)))
        {
            string plain = Variable().Replace(expression, m => m.Value.StartsWith("$__", StringComparison.Ordinal) ? "5m" : ".*");
            rules.Append($"  - record: dashboard:{i}\n    expr: {JsonSerializer.Serialize(plain)}\n");
        }

        string file = Path.Combine(AppContext.BaseDirectory, "dashboard.rules.yml");
        File.WriteAllText(file, rules.ToString());
        Promtool.Check("check", "rules", file);
    }

    [GeneratedRegex(@"\{\{\s*(?<label>\w+)\s*\}\}")]
    private static partial Regex LegendLabel();

    [GeneratedRegex(@"\$\{?(?<name>\w+)\}?")]
    private static partial Regex Variable();
}
