using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace RdmaPipeline.TelemetryTests.Receivers;

/// <summary>The alert rules ask for what there is, say what to do, and fire when they should.</summary>
public sealed partial class AlertTests
{
    private static IEnumerable<YamlMappingNode> Rules =>
        from YamlMappingNode @group in (YamlSequenceNode)Yaml.Load("telemetry/prometheus/rules.yml")["groups"]
        from YamlMappingNode rule in (YamlSequenceNode)@group["rules"]
        select rule;

    [Fact]
    public void EveryRuleNamesMetricsAndLabelsOfTheCatalogue()
    {
        Assert.NotEmpty(Rules);
        Assert.Empty(
            from rule in Rules
            from unknown in new PromExpression(Yaml.Text(rule["expr"])).Unknown()
            select $"{Yaml.Text(rule["alert"])}: {unknown}");
    }

    [Fact]
    public void EveryRuleSaysHowBadItIsAndWhatToDo() => Assert.All(Rules, rule =>
    {
        Assert.Matches("^(critical|warning)$", Yaml.Text(rule["labels"]["severity"]));
        var grouped = new PromExpression(Yaml.Text(rule["expr"])).GroupedBy;
        Assert.Contains("rdma_device_name", grouped);
        Assert.True(Yaml.Text(rule["annotations"]["description"]).Length > 20);
        Assert.All(Label().Matches(Yaml.Text(rule["annotations"]["summary"])), m => Assert.Contains(m.Groups["label"].Value, grouped));
    });

    [SkippableFact]
    public void PrometheusAcceptsItsConfigurationAndTheRulesFireWhenTheyShould()
    {
        Promtool.Require();
        Promtool.Check("check", "config", SourceTree.Find("telemetry/prometheus/prometheus.yml"));
        Promtool.Check("test", "rules", SourceTree.Find("telemetry/prometheus/rules.test.yml"));
    }

    [GeneratedRegex(@"\$labels\.(?<label>\w+)")]
    private static partial Regex Label();
}
