using System.Diagnostics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.Cli.Export;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Metrics.Kit;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>A collector that dies and comes back while packets move.</summary>
[Collection(AloneCollection.Name)]
public sealed class CollectorOutageTests
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
        Flush(meters);
        Assert.Equal(Messages, Encoded(collector, pair));

        collector.Kill();
        pair.Write(Messages);
        using (var back = new OtlpReceiver(collector))
        {
            pair.Write(Messages);
            Flush(meters);
            Assert.Equal(3 * Messages, Encoded(back, pair));
        }

        collector.Dispose();
    }

    [SkippableFact]
    public void ADeadCollectorDoesNotSlowTheDataPath()
    {
        var collector = new OtlpReceiver();
        using var meters = collector.ExportMetrics("grpc", everyMilliseconds: 20);
        using var pair = new WritePair("outage-speed", bytes: 64);
        pair.Write(5 * Messages);
        var alive = BestRound(pair);
        collector.Dispose();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        pair.Write(Messages);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, Messages / 10);
        // The threads that export are others; the best of many rounds is what a busy machine changes least.
        Assert.InRange(BestRound(pair), TimeSpan.Zero, 2 * alive);
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

    // A flush that finds a collection under way waits for that one, which may have begun before the last packet.
    private static void Flush(MeterProvider meters)
    {
        for (var turn = 0; turn < 2; turn++) Assert.True(meters.ForceFlush());
    }

    private static long Encoded(OtlpReceiver collector, WritePair pair) =>
        new ArrivedPoints(collector.Points(), pair.Near.Name).Sum(MetricNames.StageConsumedItems, "encode");

    private static TimeSpan BestRound(WritePair pair) => Enumerable.Range(0, 40).Min(_ =>
    {
        var started = Stopwatch.GetTimestamp();
        pair.Write(Messages);
        return Stopwatch.GetElapsedTime(started);
    });

    private static void EndSpans(int count)
    {
        for (var i = 0; i < count; i++) RdmaPipelineTelemetry.Source.StartActivity("message")?.Dispose();
    }
}
