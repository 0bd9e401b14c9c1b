using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RdmaPipeline.Telemetry;

/// <summary>The instruments of stages, edges and graphs. Nothing runs here until somebody listens and collects.</summary>
internal static class PipelineExport
{
    private static readonly Lock s_lock = new();
    private static readonly double[] s_boundaries =
        [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 5e-2, 0.1, 1];

    private static PipelineSeries[] s_live = [];

    static PipelineExport()
    {
        Counter(MetricNames.StageConsumedItems, s => s.ConsumedItems);
        Counter(MetricNames.StageConsumedBursts, s => s.ConsumedBursts);
        Counter(MetricNames.StageProducedItems, s => s.ProducedItems);
        Counter(MetricNames.StageProducedBursts, s => s.ProducedBursts);
        Counter(MetricNames.StageCreatedItems, s => s.CreatedItems);
        Counter(MetricNames.StageEndedItems, s => s.EndedItems);
        Counter(MetricNames.StageFaults, s => s.Faults);
        Observe<long>(MetricNames.StageDroppedItems, Drops);
        Observe<long>(MetricNames.StageBurstSize, Sizes);
        Observe(MetricNames.StageBusyTime, s => PerStage(s, s.Tags.Stages, m => m.BusySeconds));
        Observe<double>(MetricNames.StageBlockedTime, Blockages);
        Observe(MetricNames.StageQueueSize, s => PerEdge(s, s.Tags.Queues, e => e.Queued.Items));
        Observe(MetricNames.StageQueueCapacity, s => PerEdge(s, s.Tags.Queues, e => (long)e.Capacity));
        Observe(MetricNames.LinkRefusedOffers, s => PerEdge(s, s.Tags.Links, e => e.RefusedOffers));
        Observe<long>(MetricNames.GraphRevision, s => [new Measurement<long>(s.Revision, s.Tags.Graph)]);
        Observe<long>(MetricNames.GraphStageCount, s => [new Measurement<long>(s.Stages.Count, s.Tags.Graph)]);
    }

    public static Histogram<double> ProcessDuration { get; } = Duration(MetricNames.StageProcessDuration);

    public static Histogram<double> QueueDuration { get; } = Duration(MetricNames.StageQueueDuration);

    public static void Add(PipelineSeries series)
    {
        lock (s_lock)
        {
            s_live = s_live.Contains(series) ? s_live : [.. s_live, series];
        }
    }

    public static void Remove(PipelineSeries series)
    {
        lock (s_lock)
        {
            s_live = [.. s_live.Where(s => s != series)];
        }
    }

    private static Histogram<double> Duration(string name)
    {
        MetricDescription entry = MetricCatalogue.Find(name);
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = s_boundaries };
        return RdmaPipelineTelemetry.PipelineMeter.CreateHistogram(name, entry.Unit, entry.Description, tags: null, advice);
    }

    private static void Counter(string name, Func<StageMeter, long> read) => Observe(name, s => PerStage(s, s.Tags.Stages, read));

    private static void Observe<TValue>(string name, Func<PipelineSeries, IEnumerable<Measurement<TValue>>> read)
        where TValue : struct
    {
        MetricDescription entry = MetricCatalogue.Find(name);
        Meter meter = RdmaPipelineTelemetry.PipelineMeter;
        IEnumerable<Measurement<TValue>> Collect() => Volatile.Read(ref s_live).SelectMany(read);
        _ = entry.Kind switch
        {
            MetricKind.Counter => (Instrument)meter.CreateObservableCounter(name, Collect, entry.Unit, entry.Description),
            MetricKind.UpDownCounter => meter.CreateObservableUpDownCounter(name, Collect, entry.Unit, entry.Description),
            _ => meter.CreateObservableGauge(name, Collect, entry.Unit, entry.Description),
        };
    }

    private static IEnumerable<Measurement<TValue>> PerStage<TValue>(
        PipelineSeries series, KeyValuePair<string, object?>[][] tags, Func<StageMeter, TValue> read)
        where TValue : struct => series.Stages.Select((stage, i) => new Measurement<TValue>(read(stage), tags[i]));

    private static IEnumerable<Measurement<long>> PerEdge(
        PipelineSeries series, KeyValuePair<string, object?>[][] tags, Func<EdgeMeter, long> read) =>
        series.Edges.Select((edge, i) => new Measurement<long>(read(edge), tags[i]));

    private static IEnumerable<Measurement<long>> Drops(PipelineSeries series) =>
        from i in Enumerable.Range(0, series.Stages.Count)
        from reason in Enumerable.Range(0, DropReasons.Count)
        let dropped = series.Stages[i].Dropped((DropReason)reason)
        where dropped != 0
        select new Measurement<long>(dropped, series.Tags.Drops[i][reason]);

    // Every stage has a series for backpressure, and one for whatever else it ever waited for.
    private static IEnumerable<Measurement<double>> Blockages(PipelineSeries series) =>
        from i in Enumerable.Range(0, series.Stages.Count)
        from reason in Enumerable.Range(0, BlockedReasons.Count)
        let ticks = series.Stages[i].BlockedTicksFor((BlockedReason)reason)
        where ticks != 0 || (BlockedReason)reason == BlockedReason.DownstreamFull
        select new Measurement<double>(ticks / (double)Stopwatch.Frequency, series.Tags.Blocked[i][reason]);

    private static IEnumerable<Measurement<long>> Sizes(PipelineSeries series) =>
        from i in Enumerable.Range(0, series.Stages.Count)
        from bucket in Enumerable.Range(0, StageMeter.BurstSizeBuckets)
        let bursts = series.Stages[i].BurstsOfSize(bucket)
        where bursts != 0
        select new Measurement<long>(bursts, series.Tags.Sizes[i][bucket]);
}
