namespace RdmaPipeline.Verbs;

/// <summary>
/// Those who await a completion queue. The shard only queues one work item of the pool when somebody waits: it takes no lock, and no
/// continuation ever runs on it.
/// </summary>
internal sealed class CompletionWaiters : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private readonly List<CompletionWaiter> _pending = [];
    private CompletionWaiter? _spare;
    private Func<Exception?> _verdict = static () => null;
    private Action<IThreadPoolWorkItem>? _continuations;

    /// <summary>Makes an empty list.</summary>
    /// <param name="verdict">Asked when the waiters are woken: why they cannot go on, or null.</param>
    /// <param name="continuations">Where they go on; null is the thread pool.</param>
    public void Use(Func<Exception?> verdict, Action<IThreadPoolWorkItem>? continuations) =>
        (_verdict, _continuations) = (verdict, continuations);

    /// <summary>Whether a waiter may go on by itself on a thread of the pool.</summary>
    public bool UsesPool => _continuations is null;

    /// <summary>Adds a waiter. The caller then looks once more whether there is something, and if so wakes all.</summary>
    public CompletionWaiter Add()
    {
        CompletionWaiter waiter = Interlocked.Exchange(ref _spare, null) ?? new CompletionWaiter(this);
        waiter.Prepare();
        lock (_lock)
            _pending.Add(waiter);
        return waiter;
    }

    public bool Remove(CompletionWaiter waiter)
    {
        lock (_lock)
        {
            bool mine = waiter.IsPending;
            waiter.IsPending = false;
            return mine && _pending.Remove(waiter);
        }
    }

    public void Return(CompletionWaiter waiter) => Volatile.Write(ref _spare, waiter);

    /// <summary>Wakes all from a shard: on a thread of the pool, or where else they go on.</summary>
    public void WakeFromShard()
    {
        if (_continuations is null)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else
            _continuations(this);
    }

    /// <summary>Wakes all on this thread.</summary>
    public void Execute()
    {
        Exception? error = _verdict();
        int woken;
        lock (_lock)
            woken = _pending.Count;
        // Who waits again meanwhile is behind them.
        for (int i = 0; i < woken && TakeOldest() is { } waiter; i++)
            waiter.End(error, elsewhere: woken > 1 && UsesPool);
    }

    private CompletionWaiter? TakeOldest()
    {
        lock (_lock)
        {
            if (_pending.Count == 0)
                return null;
            CompletionWaiter waiter = _pending[0];
            _pending.RemoveAt(0);
            waiter.IsPending = false;
            return waiter;
        }
    }
}
