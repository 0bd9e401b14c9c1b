using System.Diagnostics.Metrics;

namespace RdmaPipeline.Telemetry;

/// <summary>How the metrics of stages, edges and graphs are read from their meters.</summary>
internal static class PipelineExport
{
    /// <summary>What one graph has to tell.</summary>
    public static MetricSource Describe(PipelineSeries series)
    {
        SeriesTags tags = series.Tags;
        return new MetricSource(series.Owner.Meters)
            .Add(MetricNames.StageConsumedItems, () => Consumed(series))
            .Add(MetricNames.StageConsumedBursts, () => PerStage(series, tags.Stages, m => m.ConsumedBursts))
            .Add(MetricNames.StageProducedItems, () => PerStage(series, tags.Stages, m => m.ProducedItems))
            .Add(MetricNames.StageProducedBursts, () => PerStage(series, tags.Stages, m => m.ProducedBursts))
            .Add(MetricNames.StageCreatedItems, () => PerStage(series, tags.Stages, m => m.CreatedItems))
            .Add(MetricNames.StageEndedItems, () => PerStage(series, tags.Stages, m => m.EndedItems))
            .Add(MetricNames.StageDroppedItems, () => Drops(series))
            .Add(MetricNames.StageFaults, () => Faults(series))
            .Add(MetricNames.StageBusyTime, () => PerStage(series, tags.Stages, m => m.BusySeconds))
            .Add(MetricNames.StageBlockedTime, () => Blocked(series))
            .Add(MetricNames.StageQueueSize, () => PerEdge(series, tags.Queues, e => e.Queued.Items))
            .Add(MetricNames.StageQueueCapacity, () => PerEdge(series, tags.Queues, e => e.Capacity))
            .Add(MetricNames.LinkRefusedOffers, () => PerEdge(series, tags.Links, e => e.RefusedOffers))
            .Add(MetricNames.GraphRevision, () => [new Measurement<long>(series.Revision, tags.Graph)])
            .Add(MetricNames.GraphReconfigurations, () => series.Changes?.Read() ?? [])
            .Add(MetricNames.GraphDisposalFaults, () => series.Changes?.ReadDisposalFaults() ?? [])
            .Add(MetricNames.GraphStageCount, () => [new Measurement<long>(series.Stages.Count, tags.Graph)]);
    }

    private static IEnumerable<Measurement<TValue>> PerStage<TValue>(
        PipelineSeries series, KeyValuePair<string, object?>[][] tags, Func<StageMeter, TValue> read)
        where TValue : struct => series.Stages.Select((stage, i) => new Measurement<TValue>(read(stage), tags[i]));

    private static IEnumerable<Measurement<long>> PerEdge(
        PipelineSeries series, KeyValuePair<string, object?>[][] tags, Func<EdgeMeter, long> read) =>
        series.Edges.Select((edge, i) => new Measurement<long>(read(edge), tags[i]));

    private static IEnumerable<Measurement<long>> Consumed(PipelineSeries series) =>
        PerStage(series, series.Tags.Succeeded, m => m.SucceededItems)
            .Concat(PerStage(series, series.Tags.Failed, m => m.FailedItems).Where(m => m.Value != 0));

    private static IEnumerable<Measurement<long>> Drops(PipelineSeries series) =>
        from i in Enumerable.Range(0, series.Stages.Count)
        from reason in Enumerable.Range(0, DropReasons.Count)
        let dropped = series.Stages[i].Dropped((DropReason)reason)
        where dropped != 0
        select new Measurement<long>(dropped, series.Tags.Drops[i][reason]);

    // Every stage has a series for backpressure, and one for whatever else it ever waited for.
    private static IEnumerable<Measurement<double>> Blocked(PipelineSeries series) =>
        from i in Enumerable.Range(0, series.Stages.Count)
        from reason in Enumerable.Range(0, BlockedReasons.Count)
        let seconds = series.Stages[i].BlockedFor((BlockedReason)reason)
        where seconds != 0 || (BlockedReason)reason == BlockedReason.DownstreamFull
        select new Measurement<double>(seconds, series.Tags.Blocked[i][reason]);

    private static IEnumerable<Measurement<long>> Faults(PipelineSeries series) =>
        from i in Enumerable.Range(0, series.Stages.Count)
        let stage = series.Stages[i]
        where stage.Faults != 0
        select new Measurement<long>(
            stage.Faults, [.. series.Tags.Stages[i], new KeyValuePair<string, object?>(AttributeNames.ErrorType, stage.FaultType)]);
}
