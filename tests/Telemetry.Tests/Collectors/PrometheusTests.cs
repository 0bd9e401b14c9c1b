using OpenTelemetry.Trace;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Receivers;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Prometheus scrapes a page with the metrics.</summary>
public sealed class PrometheusTests
{
    private const int Window = 5;

    // Prometheus takes some 5 s to its first scrape; then the window has to fill, and a busy machine misses a scrape now and then.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // What every exporter makes of a name that ends in .count looks to promtool like the count of a histogram.
    [SkippableFact]
    public async Task PromtoolFindsNoFaultButThatUpDownCountersEndInCount()
    {
        Promtool.Require();
        using var pair = new WritePair("prometheus-promtool", bytes: 64);
        pair.Write(100);
        await using var page = new MetricsPage();
        using var http = new HttpClient();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, await http.GetStringAsync(page.Address));
        var verdict = Command.Run("/bin/sh", ["-c", $"promtool check metrics < {file}"], TimeSpan.FromSeconds(30)).Expect(exitCode: 3);
        File.Delete(file);
        var faults = MetricCatalogue.All.Where(metric => metric.Name.EndsWith(".count", StringComparison.Ordinal)).Select(metric =>
            $"{Assert.Single(PrometheusNames.Of(metric))} non-histogram and non-summary metrics should not have \"_count\" suffix");
        Assert.Equal(faults.Order(StringComparer.Ordinal), verdict.Error.TrimEnd().Split('\n').Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task RateIsTheSendersOwnFigureAndExemplarsLeadToTraces()
    {
        using var receiver = new OtlpReceiver();
        using var traces = receiver.ExportTraces("grpc");
        var sampling = new TracingOptions { SampleInterval = 32, MaxPerSecond = 0 };
        using var pair = new WritePair("prometheus", bytes: 64, new DeviceOptions { Traces = sampling });
        using var writes = new PacedWrites(pair, perTick: 7);
        await using var page = new MetricsPage();
        using var prometheus = new PrometheusServer(page.Address, interval: "1s");

        var packets = $"rdma_stage_consumed_items_total{{rdma_device_name=\"{pair.Near.Name}\",rdma_stage_name=\"encode\"}}";
        await prometheus.WaitFor($"count_over_time({packets}[{Window}s]) >= 5", s_patience);
        // At the moment of a scrape, so that there is nothing to extrapolate.
        var newest = DateTimeOffset.FromUnixTimeMilliseconds((long)(prometheus.Query($"timestamp({packets})")!.Value * 1000));
        var rate = prometheus.Query($"rate({packets}[{Window}s])", newest)!.Value;

        // One packet a message; the windows are cut at scrapes there and at ticks here.
        var own = writes.Rate(newest.AddSeconds(-Window), newest);
        Assert.InRange(rate, own * 0.85, own * 1.15);
        Assert.NotEqual(0, own);

        // From a slow bucket to the trace of a work request that was slow: what Prometheus shows has arrived at the collector.
        var exemplars = prometheus.Exemplars($"rdma_work_request_duration_seconds_bucket{{rdma_device_name=\"{pair.Near.Name}\"}}");
        Assert.NotEmpty(exemplars);
        Assert.True(traces.ForceFlush());
        var arrived = receiver.Spans().Select(span => span["traceId"]!.GetValue<string>()).ToHashSet();
        Assert.All(exemplars, exemplar => Assert.Contains(exemplar["labels"]!["trace_id"]!.GetValue<string>(), arrived));
    }
}
