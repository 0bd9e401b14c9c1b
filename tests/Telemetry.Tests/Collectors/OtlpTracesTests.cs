using System.Text.Json.Nodes;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.TelemetryTests.Traces;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Spans as they arrive at a collector in another process, over both protocols.</summary>
[Collection(AloneCollection.Name)]
public sealed class OtlpTracesTests
{
    private const int Messages = 300;
    private const int Producer = 4, Client = 3, Consumer = 5;

    private static readonly DeviceOptions s_traced = new() { Traces = new TracingOptions { SampleInterval = 1 } };

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public void ThousandsOfSpansArriveAndNoneIsMissing(string protocol)
    {
        using var receiver = new OtlpReceiver();
        using var log = new SpanLog();
        using var provider = receiver.ExportTraces(protocol);
        using (var pair = new WritePair($"otlp-traces-{protocol[..4]}", bytes: 10_000, s_traced)) pair.Write(Messages);
        Assert.True(provider.ForceFlush());

        var spans = receiver.Spans();
        Assert.InRange(spans.Count, 2000, int.MaxValue);
        Assert.Equal(
            log.All.Select(span => (span.SpanId.ToHexString(), span.DisplayName)).Order(),
            spans.Select(span => (Text(span["spanId"]), Text(span["name"]))).Order());
        Assert.All(spans, span =>
        {
            Assert.Equal(RdmaPipelineTelemetry.SourceName, Text(span["scope"]!["name"]));
            Assert.Equal(RdmaPipelineTelemetry.Version, Text(span["scope"]!["version"]));
            Assert.Equal(RdmaPipelineTelemetry.SchemaUrl, Text(span["scope"]!["schemaUrl"]));
            Assert.True(long.Parse(Text(span["end"])) > long.Parse(Text(span["start"])));
        });
    }

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public void TheReceiversSpansLinkToTheSendersAndStagesAreTheirChildren(string protocol)
    {
        using var receiver = new OtlpReceiver();
        using var provider = receiver.ExportTraces(protocol);
        using (var pair = new WritePair($"otlp-links-{protocol[..4]}", bytes: 10_000, s_traced)) pair.Write(Messages);
        Assert.True(provider.ForceFlush());

        var spans = receiver.Spans();
        var writes = spans.Where(span => Kind(span) == Client && Text(span["name"]).StartsWith("write", StringComparison.Ordinal)).ToList();
        var processed = spans.Where(span => Kind(span) == Consumer).ToList();
        Assert.Equal((Messages, Messages), (writes.Count, processed.Count));
        Assert.DoesNotContain(spans, span => Kind(span) == Producer);

        // Each message of the far end leads to the one write it came from.
        Assert.Equal(
            writes.Select(span => Text(span["spanId"])).Order(),
            processed.SelectMany(span => span["links"]!.AsArray()).Select(link => Text(link!["spanId"])).Order());
        var children = spans.ToLookup(span => Text(span["parentSpanId"]));
        Assert.All(writes, write =>
        {
            var stages = children[Text(write["spanId"])].Select(child => Text(child["name"])).ToHashSet();
            Assert.Superset(new HashSet<string> { "stage requester", "stage encode", "stage send", "stage completer" }, stages);
            Assert.Equal(10_000, write["attributes"]![AttributeNames.MessageSize]!.GetValue<long>());
        });
    }

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public void ExemplarsOfDurationsNameTracesThatArrived(string protocol)
    {
        using var receiver = new OtlpReceiver();
        using var traces = receiver.ExportTraces(protocol);
        using var metrics = receiver.ExportMetrics(protocol);
        using (var pair = new WritePair($"otlp-exemplars-{protocol[..4]}", bytes: 64, s_traced)) pair.Write(Messages);
        Assert.True(traces.ForceFlush());
        Assert.True(metrics.ForceFlush());

        var durations = receiver.Points().Where(point => Text(point["metric"]) == MetricNames.WorkRequestDuration).ToList();
        Assert.Equal(Messages, durations.Sum(point => point["value"]!.GetValue<long>()));
        var arrived = receiver.Spans().Select(span => (Text(span["traceId"]), Text(span["spanId"]))).ToHashSet();
        string[] measured =
            [MetricNames.WorkRequestDuration, MetricNames.AckRtt, MetricNames.AckDelay, MetricNames.StageProcessDuration];
        Assert.All(measured, metric =>
        {
            var exemplars = receiver.Points().Where(point => Text(point["metric"]) == metric)
                .SelectMany(point => point["exemplars"]!.AsArray()).ToList();
            Assert.NotEmpty(exemplars);
            Assert.All(exemplars, exemplar => Assert.Contains((Text(exemplar!["traceId"]), Text(exemplar["spanId"])), arrived));
        });
    }

    private static int Kind(JsonObject span) => span["kind"]!.GetValue<int>();

    private static string Text(JsonNode? node) => node!.GetValue<string>();
}
