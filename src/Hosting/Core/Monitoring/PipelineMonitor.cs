using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Monitoring;

/// <summary>
/// Looks at the pipelines once per period and tells what went wrong since: one incident for each thing, with the count, however often it
/// happened. So a flood of bad packets makes one line per reason and period, and the data path is never asked to log.
/// </summary>
public sealed class PipelineMonitor
{
    private readonly Lock _gate = new();
    private readonly PipelineObserver _observer;
    private readonly IncidentFinder _finder;
    private readonly IncidentLog _incidents;
    private readonly TimeSpan _period;
    private readonly TimeProvider _clock;
    private PipelineSnapshot? _latest;

    /// <summary>Makes a monitor that has not looked yet.</summary>
    /// <param name="observer">What it looks with; nobody else may use it.</param>
    /// <param name="incidents">Where it puts down what it finds.</param>
    /// <param name="period">The time between two looks, more than 0.</param>
    /// <param name="blockedThreshold">The part of a period, above 0 and up to 1, from which on a stage counts as blocked.</param>
    /// <param name="clock">What periods are measured by; null: the system's.</param>
    public PipelineMonitor(
        PipelineObserver observer, IncidentLog incidents, TimeSpan period, double blockedThreshold, TimeProvider? clock = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        _observer = observer;
        _incidents = incidents;
        _period = period;
        _finder = new IncidentFinder(blockedThreshold);
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Told of each incident as it is found, by whoever looks.</summary>
    public event Action<Incident>? Found;

    /// <summary>The last look; null before the first.</summary>
    public PipelineSnapshot? Latest => Volatile.Read(ref _latest);

    /// <summary>Looks, and goes on looking until it is told to stop.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_period, _clock);
        try
        {
            do
            {
                Look();
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }

    /// <summary>Looks once, besides the looks of its own.</summary>
    public void Look()
    {
        lock (_gate)
        {
            var (before, now) = (_latest, _observer.Look());
            foreach (var incident in _finder.Between(before, now))
            {
                _incidents.Add(incident);
                Found?.Invoke(incident);
            }

            Volatile.Write(ref _latest, now);
        }
    }
}
