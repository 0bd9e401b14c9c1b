namespace RdmaPipeline.Hosting.Streams;

/// <summary>A thread that blocks until a signal is fired.</summary>
internal sealed class BlockedThread : IStreamWaiter
{
    private readonly object _change = new();
    private bool _isResumed;

    /// <inheritdoc/>
    public void Resume()
    {
        lock (_change)
        {
            _isResumed = true;
            Monitor.Pulse(_change);
        }
    }

    /// <summary>Blocks; once after the signal was armed.</summary>
    public void Wait()
    {
        lock (_change)
        {
            while (!_isResumed)
                Monitor.Wait(_change);
            _isResumed = false;
        }
    }
}
