using System.Diagnostics.Metrics;
using RdmaPipeline.Backends;
using RdmaPipeline.Telemetry;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>The meters of a device and what of it is measured rather than counted. Any thread.</summary>
internal sealed class DeviceMeasures
{
    private readonly BackendDescription _backend;

    public DeviceMeasures(BackendDescription backend, IMeterFactory? factory)
    {
        _backend = backend;
        Meters = RdmaPipelineMeters.Of(factory);
        Device = new Tag(AttributeNames.DeviceName, backend.Name);
    }

    public RdmaPipelineMeters Meters { get; }

    /// <summary>The attribute that everything of the device carries.</summary>
    public Tag Device { get; }

    /// <summary>A sampler for the stage that makes ICRCs; null where the medium does without.</summary>
    public SampledDurations? TimeIcrcMaking() => TimeIcrc(BackendCapabilities.IcrcTransmitOffload, AttributeNames.Transmit);

    /// <summary>A sampler for the stage that checks ICRCs; null where the medium does without.</summary>
    public SampledDurations? TimeIcrcChecking() => TimeIcrc(BackendCapabilities.IcrcReceiveOffload, AttributeNames.Receive);

    private SampledDurations? TimeIcrc(BackendCapabilities offload, string direction) => (_backend.Capabilities & offload) != 0
        ? null
        : new SampledDurations(
            Meters.Durations(MetricNames.IcrcDuration), Device, new Tag(AttributeNames.IoDirection, direction));
}
