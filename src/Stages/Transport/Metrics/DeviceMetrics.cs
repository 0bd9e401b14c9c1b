using System.Diagnostics.Metrics;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>Says what a device holds: queue pairs, completions, memory, buffers; and how often its link went down.</summary>
internal sealed class DeviceMetrics(TransportEngine engine, DevicePort port, RdmaDevice device, QueuePairSeries queuePairs, Tag deviceTag)
{
    private readonly Tag[] _tags = [deviceTag];

    /// <summary>Adds the readers to what is published.</summary>
    public void AddTo(MetricSource source)
    {
        foreach (var (metric, rows) in CounterRows.All)
            source.Add(metric, () => queuePairs.Read(rows));
        source
            .Add(MetricNames.InflightPackets, () => queuePairs.ReadNow(static e => e.Machine.InflightPackets))
            .Add(MetricNames.InflightSize, () => queuePairs.ReadNow(static e => e.Machine.Counters.InflightBytes))
            .Add(MetricNames.WindowLimit, () => queuePairs.ReadNow(static e => e.Machine.WindowLimit));
        AddHoldings(source);
    }

    private void AddHoldings(MetricSource source) => source
        .Add(MetricNames.LinkDowns, () => One(port.LinkDowns))
        .Add(MetricNames.QpCount, QueuePairs)
        .Add(MetricNames.CqDepth, () => One(device.WaitingCompletions))
        .Add(MetricNames.CqOverruns, () => One(device.CompletionOverruns))
        .Add(MetricNames.MrCount, () => One(device.MemoryRegionCount))
        .Add(MetricNames.MrSize, () => One(device.RegisteredBytes))
        .Add(MetricNames.BufferPoolUsage, () => One(engine.Pipeline.OutstandingBursts))
        .Add(MetricNames.BufferPoolLimit, () => One(engine.Pipeline.PooledBursts))
        .Add(MetricNames.CompleterDeferrals, () => One(engine.Pipeline.DeferredResponses));

    private Measurement<long>[] One(long value) => [new(value, _tags)];

    private IEnumerable<Measurement<long>> QueuePairs() =>
        from entry in engine.QueuePairs
        group entry by (entry.Context.State, Transport: TransportNames.Of(entry.Context.Type)) into alike
        select new Measurement<long>(
            alike.Count(), deviceTag, new Tag(AttributeNames.QueuePairState, StateNames.Of(alike.Key.State)),
            new Tag(AttributeNames.Transport, alike.Key.Transport));
}
