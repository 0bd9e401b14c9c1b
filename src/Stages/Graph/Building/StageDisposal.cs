using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Building;

/// <summary>
/// Disposes stages that a graph has no more use for, on a thread of its own: what one of them waits for, such as a disk, no packet waits
/// for. On a seeded shard, where no time passes meanwhile, the caller does it.
/// </summary>
internal sealed class StageDisposal<T>(ReconfigurationMeter meter, bool isSeeded)
    where T : class, IBurst
{
    private readonly Lock _lock = new();
    private Task _pending = Task.CompletedTask;

    /// <summary>Disposes stages that can be.</summary>
    /// <param name="gone">The stages, each by the name that its graph had for it.</param>
    /// <returns>What has gone wrong, in words; null when nothing has. Never faults.</returns>
    public Task<string?> DisposeAsync(IEnumerable<(string Name, IStage<T> Stage)> gone)
    {
        (string Name, IStage<T> Stage)[] all =
            [.. gone.DistinctBy(s => s.Stage).Where(s => s.Stage is IDisposable or IAsyncDisposable)];
        Task<string?> disposing = all.Length == 0 || isSeeded
            ? DisposeAllAsync(all)
            : Task.Factory.StartNew(
                () => DisposeAllAsync(all), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        lock (_lock)
        {
            _pending = _pending.IsCompleted ? disposing : Task.WhenAll(_pending, disposing);
        }

        return disposing;
    }

    /// <summary>Returns when everything has been disposed that was asked for before.</summary>
    public void Wait()
    {
        Task pending;
        lock (_lock)
        {
            pending = _pending;
        }

        pending.GetAwaiter().GetResult();
    }

    private async Task<string?> DisposeAllAsync((string Name, IStage<T> Stage)[] all)
    {
        var errors = new List<string>();
        foreach ((string name, IStage<T> stage) in all)
        {
            try
            {
                if (stage is IAsyncDisposable patient)
                {
                    await patient.DisposeAsync().ConfigureAwait(false);
                }
                else
                {
#if !CANARY_KEPT_STAGE
                    ((IDisposable)stage).Dispose();
#endif
                }
            }
#pragma warning disable CA1031 // one stage that cannot be disposed keeps no other from it; it is counted and told
            catch (Exception e)
#pragma warning restore CA1031
            {
                meter.CountDisposalFault(e);
                errors.Add($"Stage '{name}' could not be disposed: {e.Message}");
            }
        }

        return errors.Count == 0 ? null : string.Join(" ", errors);
    }
}
