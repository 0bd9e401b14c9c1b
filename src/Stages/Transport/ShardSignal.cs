namespace RdmaPipeline.Transport;

/// <summary>
/// The outside of a shard that owns no back-end: its work comes over edges from the first shard, so it only waits to be woken.
/// </summary>
internal sealed class ShardSignal : IShardTraffic, IDisposable
{
    private readonly SemaphoreSlim _wakes = new(0);
    private int _pending;

    public bool Poll() => false;

    public bool Wait(long timeoutNanoseconds)
    {
        // Rounded up: a wait that ends early would come back at once and spin.
        int milliseconds = timeoutNanoseconds < 0 ? -1 : (int)Math.Min(int.MaxValue, (timeoutNanoseconds + 999_999) / 1_000_000);
        if (!_wakes.Wait(milliseconds))
            return false;
        Interlocked.Exchange(ref _pending, 0);
        return true;
    }

    public void Wake()
    {
        if (Interlocked.Exchange(ref _pending, 1) == 0)
            _wakes.Release();
    }

    public void Dispose() => _wakes.Dispose();
}
