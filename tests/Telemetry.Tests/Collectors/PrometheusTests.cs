namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Prometheus scrapes a page with the metrics.</summary>
public sealed class PrometheusTests
{
    private const int Window = 5;

    // Prometheus takes some 5 s to its first scrape; then the window has to fill, and a busy machine misses a scrape now and then.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task RateIsTheSendersOwnFigure()
    {
        using var pair = new WritePair("prometheus", bytes: 64);
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
        Assert.InRange(own, 7 * 20, 7 * 100);
    }
}
