using System.Text.Json.Nodes;
using OpenTelemetry.Metrics;
using RdmaPipeline.OpenTelemetry;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Metrics as they arrive at a collector in another process, over both protocols.</summary>
public sealed class OtlpMetricsTests
{
    private const int Messages = 2000;

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public void CountersArriveWithTheSendersOwnFigures(string protocol)
    {
        using var receiver = new OtlpReceiver();
        var fabric = $"otlp-metrics-{protocol[..4]}";
        using var provider = receiver.ExportMetrics(protocol);
        using var pair = new WritePair(fabric, bytes: 10_000);
        pair.Write(Messages);
        Assert.True(provider.ForceFlush());

        var arrived = new ArrivedPoints(receiver.Points(), pair.Near.Name);
        foreach (var stage in pair.Near.GetPipeline().Describe().Stages)
        {
            Assert.Equal(stage.ConsumedItems, arrived.Sum(MetricNames.StageConsumedItems, stage.Name));
            Assert.Equal(stage.ProducedItems, arrived.Sum(MetricNames.StageProducedItems, stage.Name));
            Assert.Equal(stage.ConsumedBursts, arrived.Sum(MetricNames.StageConsumedBursts, stage.Name));
        }

        Assert.True(arrived.Sum(MetricNames.StageConsumedItems, "encode") >= Messages * 3, "three packets of 4096 bytes hold a message");
    }

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public void EveryPointTellsItsScopeItsSchemaAndItsUnit(string protocol)
    {
        using var receiver = new OtlpReceiver();
        using var provider = receiver.ExportMetrics(protocol);
        using var pair = new WritePair($"otlp-scope-{protocol[..4]}", bytes: 64);
        pair.Write(100);
        Assert.True(provider.ForceFlush());

        var points = receiver.Points();
        Assert.NotEmpty(points);
        Assert.All(points, point =>
        {
            var entry = MetricCatalogue.Find(Text(point["metric"]));
            Assert.Equal(entry.Unit, Text(point["unit"]));
            Assert.Equal(entry.Scope, Text(point["scope"]!["name"]));
            Assert.Equal(RdmaPipelineTelemetry.Version, Text(point["scope"]!["version"]));
            Assert.Equal(RdmaPipelineTelemetry.SchemaUrl, Text(point["scope"]!["schemaUrl"]));
        });
    }

    [SkippableTheory]
    [InlineData(HistogramLayout.Advised, "histogram")]
    [InlineData(HistogramLayout.Exponential, "exponentialHistogram")]
    public void HistogramsArriveInTheBucketsThatWereChosen(HistogramLayout layout, string kind)
    {
        using var receiver = new OtlpReceiver();
        using var provider = receiver.ExportMetrics("http/protobuf", layout);
        using var pair = new WritePair($"otlp-{layout}", bytes: 64);
        pair.Write(Messages);
        Assert.True(provider.ForceFlush());

        var points = receiver.Points().Where(p => Text(p["metric"]) == MetricNames.StageProcessDuration).ToList();
        Assert.NotEmpty(points);
        Assert.All(points, point =>
        {
            Assert.Equal(kind, Text(point["kind"]));
            Assert.InRange(point["sum"]!.GetValue<double>(), double.Epsilon, 60);
            if (layout == HistogramLayout.Advised) Assert.Equal(1e-6, point["bounds"]![0]!.GetValue<double>());
        });
    }

    private static string Text(JsonNode? node) => node!.GetValue<string>();
}
