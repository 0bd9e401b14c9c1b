namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A shard without traffic of its own: it only waits to be woken.</summary>
public sealed class EventWork : IShardWork, IDisposable
{
    private readonly AutoResetEvent _wake = new(initialState: false);

    public long NowNanoseconds => Environment.TickCount64 * 1_000_000;

    public long NextDeadlineNanoseconds => long.MaxValue;

    public bool Poll() => false;

    public bool WaitForWork(long timeoutNanoseconds) =>
        timeoutNanoseconds < 0 ? _wake.WaitOne() : _wake.WaitOne((int)Math.Min(int.MaxValue, (timeoutNanoseconds / 1_000_000) + 1));

    public void Wake() => _wake.Set();

    public void Dispose() => _wake.Dispose();
}
