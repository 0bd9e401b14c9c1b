using RdmaPipeline.Telemetry;
using YamlDotNet.RepresentationModel;

namespace RdmaPipeline.TelemetryTests.Receivers;

/// <summary>
/// The collector's configuration is whole: what its pipelines name is there, what is there is used, and nothing listens to all.
/// </summary>
public sealed class CollectorConfigurationTests
{
    private static readonly YamlMappingNode Configuration = Yaml.Load("telemetry/collector/config.yaml");

    private static YamlMappingNode Pipelines => (YamlMappingNode)Configuration["service"]["pipelines"];

    [Theory]
    [InlineData("receivers")]
    [InlineData("processors")]
    [InlineData("exporters")]
    public void PipelinesUseWhatIsDefinedAndNothingElse(string kind)
    {
        var defined = Yaml.Keys(Configuration[kind]);
        var used = Pipelines.Children.Values.SelectMany(p => (YamlSequenceNode)p[kind]).Select(Yaml.Text).Distinct();
        Assert.Equal(defined.Order(), used.Order());
    }

    [Fact]
    public void MetricsAndTracesArriveAndMemoryIsGuardedFirst()
    {
        Assert.Equal(["metrics", "traces"], Yaml.Keys(Pipelines).Order());
        Assert.All(Pipelines.Children.Values, p => Assert.Equal("memory_limiter", Yaml.Text(p["processors"][0])));
        Assert.All(Pipelines.Children.Values, p => Assert.Equal("batch", Yaml.Text(((YamlSequenceNode)p["processors"]).Last())));
        Assert.Equal(["grpc", "http"], Yaml.Keys(Configuration["receivers"]["otlp"]["protocols"]).Order());
    }

    [Fact]
    public void EverythingListensOnLoopback() => Assert.All(
        Configuration.AllNodes.OfType<YamlMappingNode>().Where(n => n.Children.ContainsKey("endpoint")),
        node => Assert.StartsWith("127.0.0.1:", Yaml.Text(node["endpoint"])));

    [Fact]
    public void WhatIsKeptIsChosenByAttributesThatSpansHave()
    {
        string[] names = [.. typeof(AttributeNames).GetFields().Select(f => (string)f.GetRawConstantValue()!)];
        var keys = Configuration["processors"]["tail_sampling"].AllNodes.OfType<YamlMappingNode>()
            .Where(n => n.Children.ContainsKey("key")).Select(n => Yaml.Text(n["key"])).ToArray();
        Assert.NotEmpty(keys);
        Assert.Subset(names.ToHashSet(), keys.ToHashSet());
    }

    // The same port in the collector and in Prometheus.
    [Fact]
    public void PrometheusScrapesWhatTheCollectorShows()
    {
        string shown = Yaml.Text(Configuration["exporters"]["prometheus"]["endpoint"]);
        var targets = Yaml.Load("telemetry/prometheus/prometheus.yml").AllNodes.OfType<YamlMappingNode>()
            .Where(n => n.Children.ContainsKey("targets")).SelectMany(n => (YamlSequenceNode)n["targets"]).Select(Yaml.Text);
        Assert.Contains(shown, targets);
    }
}
