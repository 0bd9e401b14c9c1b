using System.Diagnostics.Metrics;
using RdmaPipeline.Telemetry;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Backends;

/// <summary>Publishes what a back-end counts, from its making until it is disposed of.</summary>
public sealed class BackendMetrics : IDisposable
{
    private readonly BackendCounters _counters;
    private readonly Tag[] _tags;
    private readonly Tag[] _sent;
    private readonly Tag[] _received;
    private readonly MetricSource _source;

    /// <summary>Begins to publish.</summary>
    /// <param name="backend">The back-end.</param>
    /// <param name="meters">Whose instruments.</param>
    public BackendMetrics(IPacketBackend backend, RdmaPipelineMeters meters)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(meters);
        _counters = backend.Counters;
        var description = backend.Description;
        _tags = [new(AttributeNames.DeviceName, description.Name), new(AttributeNames.BackendType, description.Type)];
        _sent = [.. _tags, new(AttributeNames.IoDirection, AttributeNames.Transmit)];
        _received = [.. _tags, new(AttributeNames.IoDirection, AttributeNames.Receive)];
        _counters.Sent.BatchSizes = new SampledSizes(meters.Sizes(MetricNames.BackendBatchSize), _sent);
        _counters.Received.BatchSizes = new SampledSizes(meters.Sizes(MetricNames.BackendBatchSize), _received);
        _source = new MetricSource(meters)
            .Add(MetricNames.BackendIo, () => Both(direction => direction.Bytes))
            .Add(MetricNames.BackendPackets, () => Both(direction => direction.Packets))
            .Add(MetricNames.BackendCalls, () => Both(direction => direction.Calls))
            .Add(MetricNames.BackendErrors, Errors)
            .Add(MetricNames.BackendDroppedPackets, Drops);
        _source.Publish();
    }

    /// <summary>Publishes no more; see <see cref="MetricSource.Retire"/>.</summary>
    public void Dispose() => _source.Retire();

    private Measurement<long>[] Both(Func<DirectionCounters, long> read) =>
        [new(read(_counters.Sent), _sent), new(read(_counters.Received), _received)];

    // What else than the socket could fail.
    private IEnumerable<Measurement<long>> Errors() =>
        Both(direction => direction.Errors).Where(errors => errors.Value != 0).Select(errors => new Measurement<long>(
            errors.Value, [.. errors.Tags, new Tag(AttributeNames.ErrorType, DropReasons.Name(DropReason.SocketError))]));

    private IEnumerable<Measurement<long>> Drops() =>
        from number in Enumerable.Range(1, DropReasons.Count - 1)
        let packets = _counters.Dropped((DropReason)number)
        where packets != 0
        select new Measurement<long>(packets, [.. _tags, new Tag(AttributeNames.DropReason, DropReasons.Name((DropReason)number))]);
}
