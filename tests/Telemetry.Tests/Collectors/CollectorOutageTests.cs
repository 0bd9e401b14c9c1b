using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.Cli.Export;
using RdmaPipeline.Graph;
using RdmaPipeline.OpenTelemetry;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Metrics.Kit;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>A collector that dies and comes back while packets move.</summary>
[Collection(AloneCollection.Name)]
public sealed partial class CollectorOutageTests
{
    private const int Messages = 2000;
    private const int Spans = 200_000;

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public void PacketsGoOnCountsStayExactAndTheExportResumes(string protocol)
    {
        var collector = new OtlpReceiver();
        using var meters = collector.ExportMetrics(protocol, everyMilliseconds: 20);
        using var pair = new WritePair($"outage-{protocol[..4]}", bytes: 64);
        pair.Write(Messages);
        AssertTheCountArrives(meters, collector, pair, Messages);

        collector.Kill();
        pair.Write(Messages);
        using (var back = new OtlpReceiver(collector))
        {
            pair.Write(Messages);
            AssertTheCountArrives(meters, back, pair, 3 * Messages);
        }

        collector.Dispose();
    }

    [SkippableFact]
    public void ADeadCollectorCostsTheDataPathNothing()
    {
        var collector = new OtlpReceiver();
        using var meters = collector.ExportMetrics("grpc", everyMilliseconds: 20);
        using var pair = new WritePair("outage-cost", bytes: 64);
        pair.Write(5 * Messages);
        collector.Dispose();
        var counted = Encoder(pair).ConsumedItems;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        pair.Write(Messages);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, Messages / 10);
        Assert.InRange(Encoder(pair).ConsumedItems - counted, Messages, long.MaxValue);
    }

    // Whatever thread of the data path waited for it, or were to call it, would stand still with it.
    [Fact]
    public void PacketsGoOnWhileAnExportOfMetricsHangs()
    {
        using var hung = new HungExporter<Metric>();
        using var reader = new PeriodicExportingMetricReader(hung, exportIntervalMilliseconds: 1);
        using var meters = Sdk.CreateMeterProviderBuilder().AddRdmaPipelineInstrumentation().AddReader(reader).Build();
        using var pair = new WritePair("hung-metrics", bytes: 64);
        hung.WaitForTheFirst();
        pair.Write(Messages);
        Assert.True(hung.IsHanging);
        hung.LetGo();
    }

    [Fact]
    public void PacketsGoOnWhileAnExportOfSpansHangsAndEachSpanIsExportedOrCountedAsDropped()
    {
        using var failures = new ExportFailures();
        using var ended = new EndedSpans();
        using var hung = new HungExporter<Activity>();
        using var queue = new BatchActivityExportProcessor(hung, maxQueueSize: 64, scheduledDelayMilliseconds: 1, maxExportBatchSize: 16);
        using var traces = Sdk.CreateTracerProviderBuilder().AddRdmaPipelineInstrumentation().SetSampler(new AlwaysOnSampler())
            .AddProcessor(ended).AddProcessor(queue).Build();
        var all = new TracingOptions { SampleInterval = 1, MaxPerSecond = 0 };
        using (var pair = new WritePair("hung-spans", bytes: 64, new DeviceOptions { Traces = all }))
        {
            pair.Write(1);
            hung.WaitForTheFirst();
            pair.Write(Messages);
            Assert.True(hung.IsHanging);
        }

        Assert.InRange(ended.Count, Messages, long.MaxValue);
        hung.LetGo();
        traces.Shutdown();
        var told = Dropped().Match(Assert.Single(failures.Lines()));
        Assert.Equal(ended.Count - hung.Taken, long.Parse(told.Groups["count"].Value, CultureInfo.InvariantCulture));
    }

    // The queue of spans holds 2048; what finds no room is dropped, and counted.
    [SkippableFact]
    public void MemoryStaysBoundedAndTheLossIsTold()
    {
        var collector = new OtlpReceiver();
        using var failures = new ExportFailures();
        using var traces = collector.ExportTraces("grpc", queue: 2048);
        EndSpans(Spans / 10);
        collector.Dispose();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        EndSpans(Spans);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.InRange(after - before, long.MinValue, 8 << 20);

        traces.Shutdown(2000);
        Assert.Contains(failures.Lines(), line => line.Contains("dropped", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(failures.Lines(), line => line.Contains("exports of telemetry failed", StringComparison.Ordinal));
    }

    // The SDK lets a flush join a collection under way or one that has just ended, which may be of before the last packet, and the first
    // export after an outage may fail: neither is asked whether it brought the count, the collector is.
    private static void AssertTheCountArrives(MeterProvider meters, OtlpReceiver collector, WritePair pair, int messages)
    {
        var started = Stopwatch.GetTimestamp();
        long counted, arrived;
        do
        {
            meters.ForceFlush();
            counted = Encoder(pair).ConsumedItems;
            arrived = new ArrivedPoints(collector.Points(), pair.Near.Name).Sum(MetricNames.StageConsumedItems, "encode");
        }
        while (arrived != counted && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30));
        Assert.Equal(counted, arrived);
        Assert.True(counted >= messages, $"{counted} packets cannot hold {messages} messages");
    }

    private static StageDescriptor Encoder(WritePair pair) =>
        pair.Near.GetPipeline().Describe().Stages.Single(stage => stage.Name == "encode");

    private static void EndSpans(int count)
    {
        for (var i = 0; i < count; i++) RdmaPipelineTelemetry.Source.StartActivity("message")?.Dispose();
    }

    [GeneratedRegex("dropped '(?<count>[0-9]+)' item")]
    private static partial Regex Dropped();

    private sealed class EndedSpans : BaseProcessor<Activity>
    {
        private long _count;

        public long Count => Volatile.Read(ref _count);

        public override void OnEnd(Activity data) => Interlocked.Increment(ref _count);
    }
}
