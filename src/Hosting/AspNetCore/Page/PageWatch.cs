using RdmaPipeline.Hosting.Monitoring;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Page;

/// <summary>Finds incidents where no service does.</summary>
internal sealed class PageWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _watching;

    public PageWatch()
    {
        var incidents = new IncidentLog();
        var options = new RdmaPipelineOptions();
        var monitor = new PipelineMonitor(new PipelineObserver(), incidents, options.MonitorPeriod, options.BlockedThreshold);
        Source = new PageSource(null, null, incidents);
        _watching = Task.Run(() => monitor.RunAsync(_ending.Token));
    }

    public PageSource Source { get; }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _ending.Dispose();
    }
}
