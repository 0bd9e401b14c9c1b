using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RdmaPipeline.Hosting.Control;
using RdmaPipeline.Hosting.Monitoring;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Lifetime;

/// <summary>
/// Opens the devices before any other service starts, watches them, and after all others have stopped lets them finish and closes them.
/// </summary>
internal sealed class RdmaPipelineService(
    IServiceProvider services, RdmaDevices devices, IOptions<RdmaPipelineOptions> options, ILogger<RdmaPipelineService> logger)
    : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;
    private ControlServer? _control;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (string name in devices.Names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            services.GetRequiredKeyedService<RdmaDevice>(name);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not before: services are made before the host checks options, and the monitor is made by them.
        var monitor = services.GetRequiredService<PipelineMonitor>();
        monitor.Found += Tell;
        _watching = Task.Run(() => monitor.RunAsync(_stopping.Token), cancellationToken);
        if (options.Value.Control ?? ControlDirectory.IsAskedFor)
            OpenControl();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        // A logger that throws must not keep the devices from closing.
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_control is { } control)
            await control.DisposeAsync().ConfigureAwait(false);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Value.DrainTimeout);
        await Task.WhenAll(devices.Opened.Select(device => CloseAsync(device, patience.Token))).ConfigureAwait(false);
    }

    public void Dispose() => _stopping.Dispose();

    // A service works without it.
    private void OpenControl()
    {
        try
        {
            _control = ControlServer.Start(new ControlServerOptions
            {
                Incidents = services.GetRequiredService<IncidentLog>(), ServiceOf = devices.NameOf,
                ProcessName = ServiceName.Of(services),
            });
            logger.ControlOpened(_control.Path);
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or UnauthorizedAccessException or SocketException)
        {
            logger.ControlNotOpened(fault.Message);
        }
    }

    private async Task CloseAsync(RdmaDevice device, CancellationToken patience)
    {
        string name = devices.NameOf(device) ?? device.Name;
        var pipeline = device.GetPipeline();
        logger.DeviceDraining(name, pipeline.PendingSends);
        if (!await DeviceDrain.TryAsync(pipeline, patience).ConfigureAwait(false))
            logger.DeviceNotDrained(name, pipeline.PendingSends, options.Value.DrainTimeout);
        device.Dispose();
        logger.DeviceClosed(name);
    }

    private void Tell(Incident incident)
    {
        switch (incident.Kind)
        {
            case IncidentKind.PacketsDropped:
                logger.PacketsDropped(incident.Device, incident.Count, incident.Subject);
                break;
            case IncidentKind.StageFaulted:
                logger.StageFaulted(incident.Device, incident.Subject);
                break;
            case IncidentKind.StageBlocked:
                logger.StageBlocked(incident.Device, incident.Subject, options.Value.BlockedThreshold);
                break;
            case IncidentKind.QueuePairFailed:
                logger.QueuePairsFailed(incident.Device, incident.Count, incident.Subject);
                break;
            case IncidentKind.PortDown:
                logger.PortDown(incident.Device, incident.Subject);
                break;
            default:
                logger.PortUp(incident.Device, incident.Subject);
                break;
        }
    }
}
