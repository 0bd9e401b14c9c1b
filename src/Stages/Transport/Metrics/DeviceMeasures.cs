using System.Diagnostics.Metrics;
using RdmaPipeline.Backends;
using RdmaPipeline.Protocol;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>The meters of a device and what of it is measured rather than counted. Any thread.</summary>
internal sealed class DeviceMeasures
{
    private const double Nanosecond = 1e-9;

    private readonly BackendDescription _backend;
    private readonly Histogram<double> _workRequests;
    private readonly Histogram<double> _roundTrips;
    private readonly Histogram<double> _ackDelays;

    public DeviceMeasures(BackendDescription backend, DeviceOptions options)
    {
        _backend = backend;
        Meters = RdmaPipelineMeters.Of(options.MeterFactory);
        Device = new Tag(AttributeNames.DeviceName, backend.Name);
        QueuePairs = new QueuePairSeries(options.QueuePairMetrics, Device, options.Warned);
        _workRequests = Meters.Durations(MetricNames.WorkRequestDuration);
        _roundTrips = Meters.Durations(MetricNames.AckRtt);
        _ackDelays = Meters.Durations(MetricNames.AckDelay);
    }

    public RdmaPipelineMeters Meters { get; }

    /// <summary>The attribute that everything of the device carries.</summary>
    public Tag Device { get; }

    /// <summary>The queue pairs, summed up.</summary>
    public QueuePairSeries QueuePairs { get; }

    /// <summary>Whether anybody wants to know how long work requests take.</summary>
    public bool AreWorkRequestsMeasured => _workRequests.Enabled;

    /// <summary>A work request that is measured has ended.</summary>
    public void WorkRequestEnded(QueuePairType type, SendOpcode opcode, WorkCompletionStatus status, long nanoseconds)
    {
        if (!_workRequests.Enabled)
            return;
        var operation = new Tag(AttributeNames.OperationName, OperationNames.All[OperationIndex.Of(opcode)]);
        var transport = TransportOf(type);
        if (status == WorkCompletionStatus.Success)
            _workRequests.Record(nanoseconds * Nanosecond, Device, operation, transport);
        else
        {
            var error = new Tag(AttributeNames.ErrorType, ErrorTypes.Name((int)status));
            _workRequests.Record(nanoseconds * Nanosecond, [Device, operation, transport, error]);
        }
    }

    /// <summary>A packet was acknowledged after a time.</summary>
    public void AcknowledgementArrived(QueuePairType type, long nanoseconds)
    {
        if (_roundTrips.Enabled)
            _roundTrips.Record(nanoseconds * Nanosecond, Device, TransportOf(type));
    }

    /// <summary>An acknowledgement leaves after a time.</summary>
    public void AcknowledgementLeft(QueuePairType type, long nanoseconds)
    {
        if (_ackDelays.Enabled)
            _ackDelays.Record(nanoseconds * Nanosecond, Device, TransportOf(type));
    }

    /// <summary>A sampler for the stage that makes ICRCs; null where the medium does without.</summary>
    public SampledDurations? TimeIcrcMaking() => TimeIcrc(BackendCapabilities.IcrcTransmitOffload, AttributeNames.Transmit);

    /// <summary>A sampler for the stage that checks ICRCs; null where the medium does without.</summary>
    public SampledDurations? TimeIcrcChecking() => TimeIcrc(BackendCapabilities.IcrcReceiveOffload, AttributeNames.Receive);

    private static Tag TransportOf(QueuePairType type) => new(AttributeNames.Transport, TransportNames.Of(type));

    private SampledDurations? TimeIcrc(BackendCapabilities offload, string direction) => (_backend.Capabilities & offload) != 0
        ? null
        : new SampledDurations(
            Meters.Durations(MetricNames.IcrcDuration), Device, new Tag(AttributeNames.IoDirection, direction));
}
