using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using RdmaPipeline.Hosting.Lifetime;
using RdmaPipeline.Hosting.Monitoring;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting;

/// <summary>
/// The health of the registered devices: unhealthy where a stage has failed or a device is not open, degraded where a stage is blocked for
/// the part <see cref="RdmaPipelineOptions.BlockedThreshold"/> of a period or a port is not active, else healthy.
/// </summary>
public sealed class RdmaPipelineHealthCheck : IHealthCheck
{
    private readonly RdmaDevices _devices;
    private readonly PipelineMonitor _monitor;
    private readonly IOptions<RdmaPipelineOptions> _options;

    internal RdmaPipelineHealthCheck(RdmaDevices devices, PipelineMonitor monitor, IOptions<RdmaPipelineOptions> options) =>
        (_devices, _monitor, _options) = (devices, monitor, options);

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        if (FindFailure() is { } failure)
            return Task.FromResult(new HealthCheckResult(context.Registration.FailureStatus, failure, data: Data()));
        double threshold = _options.Value.BlockedThreshold;
        var troubled = (_monitor.Latest?.Devices ?? []).SelectMany(device => DeviceTroubles.Of(device, threshold)).ToList();
        return Task.FromResult(troubled.Count > 0
            ? HealthCheckResult.Degraded(string.Join("; ", troubled), data: Data())
            : HealthCheckResult.Healthy($"{_devices.Opened.Count} devices", Data()));
    }

    private string? FindFailure()
    {
        var opened = _devices.Opened;
        if (opened.Count < _devices.Names.Count)
            return "not all devices are open";
        var failed = opened.Where(device => device.GetPipeline().HasFailed).ToList();
        return failed.Count > 0 ? string.Join("; ", failed.Select(device => $"{Name(device)}: a stage has failed")) : null;
    }

    private string Name(RdmaDevice device) => _devices.NameOf(device) ?? device.Name;

    private Dictionary<string, object> Data() => _devices.Opened.ToDictionary(Name, object (device) =>
    {
        var pipeline = device.GetPipeline();
        return $"{device.Name}, {device.QueuePairCount} queue pairs, {pipeline.PendingSends} sends pending";
    });
}
