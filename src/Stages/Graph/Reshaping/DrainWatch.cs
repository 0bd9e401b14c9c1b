namespace RdmaPipeline.Graph.Reshaping;

/// <summary>
/// Waits on a shard until something has drained: asked at the end of every turn of the block it was given to. Once nothing more is let in
/// the answer stays yes.
/// </summary>
internal sealed class DrainWatch(string what, Func<bool> isDrained)
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is waited for, in words.</summary>
    public string What => what;

    /// <summary>On the shard, with no call of a stage under way.</summary>
    /// <returns>Whether it has drained.</returns>
    public bool Check()
    {
        try
        {
#if !CANARY_UNDRAINED
            if (!isDrained())
            {
                return false;
            }
#endif

            _drained.TrySetResult();
        }
#pragma warning disable CA1031 // a stage that cannot say what it holds takes the change back, and not the shard down
        catch (Exception e)
#pragma warning restore CA1031
        {
            _drained.TrySetException(new EditStepException($"Nobody can say {what}", e));
        }

        return true;
    }

    /// <summary>Any thread: completes when it has drained.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up before.</exception>
    public async Task WaitAsync(CancellationToken stop)
    {
        // A source of its own: a continuation that ran inside Cancel would run inside whatever has called that.
        using CancellationTokenRegistration registration = stop.Register(() => _drained.TrySetCanceled(stop));
        await _drained.Task; // goes on where it came from: on the shard of the edit
    }
}
