namespace RdmaPipeline.Verbs;

/// <summary>
/// What the user's <see cref="SharedReceiveQueue"/> and the shards that take receives from it share. It belongs to no shard: every member
/// may be called from any thread, without a lock, but those marked control plane.
/// </summary>
internal sealed class SharedReceiveQueueContext
{
    private SharedReceiveRing _producerRing;
    private SharedReceiveRing _consumerRing;
    private int _limit;
    private int _hasFailed;
    private int _isClosed;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="capacity">Receives it holds.</param>
    /// <param name="maxEntries">Scatter-gather entries of one receive.</param>
    public SharedReceiveQueueContext(int capacity, int maxEntries) =>
        _producerRing = _consumerRing = new SharedReceiveRing(capacity, maxEntries);

    /// <summary>The number that XRCETH names, 24 bits; 0 for a basic queue, which has none.</summary>
    public uint Number { get; init; }

    /// <summary>The handle of the domain that the entries of its receives are checked against.</summary>
    public required uint ProtectionDomain { get; init; }

    /// <summary>Where receives of XRC complete; null for a basic queue, whose queue pairs have their own.</summary>
    public CompletionQueue? CompletionQueue { get; init; }

    /// <summary>What the user holds; carried by asynchronous events. Null in a context without a device.</summary>
    public SharedReceiveQueue? Owner { get; set; }

    /// <summary>Receives that may be posted and not yet taken.</summary>
    public int Capacity => Volatile.Read(ref _producerRing).Capacity;

    /// <summary>Scatter-gather entries of one receive.</summary>
    public int MaxEntries => _producerRing.MaxEntries;

    /// <summary>Receives posted and not yet taken; a moment's view.</summary>
    public int Count => Volatile.Read(ref _producerRing).Count;

    /// <summary>The armed limit; 0 when none is (R-RESP-39).</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>Nothing can be taken from it any more (R-RESP-41).</summary>
    public bool HasFailed => Volatile.Read(ref _hasFailed) != 0;

    /// <summary>The user has destroyed it: what was taken from it and has not completed has vanished with it.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Posts a receive.</summary>
    /// <param name="wqe">The receive.</param>
    /// <param name="entries">Its entries, at most <see cref="MaxEntries"/>; copied.</param>
    /// <returns>False: the queue is full.</returns>
    public bool TryPost(in ReceiveWqe wqe, ReadOnlySpan<ScatterGatherEntry> entries)
    {
        SharedReceiveRing? ring = Volatile.Read(ref _producerRing);
        while (!ring.TryPost(wqe, entries, out SharedReceiveRing? next))
        {
            if (next is null)
                return false;
            ring = next;
        }
        return true;
    }

    /// <summary>Takes the oldest receive for a message that begins (R-RESP-38). A queue that failed is as if empty (R-RESP-41).</summary>
    /// <param name="entries">Where its entries go; room for <see cref="MaxEntries"/>.</param>
    /// <param name="wqe">The receive.</param>
    /// <returns>False when there is none.</returns>
    public bool TryTake(Span<ScatterGatherEntry> entries, out ReceiveWqe wqe)
    {
        wqe = default;
        if (HasFailed || IsClosed)
            return false;
        SharedReceiveRing ring = Volatile.Read(ref _consumerRing);
        while (!ring.TryTake(entries, out wqe))
        {
            if (!ring.IsDrained)
                return false;
            ring = Advance(ring);
        }
        TellLimit();
        return true;
    }

    /// <summary>Arms the limit, or disarms it with 0. What is in the queue now is not looked at (R-RESP-39).</summary>
    public void Arm(int limit) => Volatile.Write(ref _limit, limit);

    /// <summary>Changes the capacity; content and order are kept. Control plane, one at a time.</summary>
    public void Resize(int capacity)
    {
        SharedReceiveRing old = _producerRing;
        var next = new SharedReceiveRing(capacity, old.MaxEntries, old);
        old.Seal(next);
        Volatile.Write(ref _producerRing, next);
    }

    /// <summary>Puts the queue into the error state, which it does not leave; the event is raised once (R-RESP-41).</summary>
    public void Fail()
    {
        if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
            Owner?.Raise(AsyncEventType.SharedReceiveQueueError);
    }

    /// <summary>Ends the queue: no shard takes from it or completes to its queue once it has seen this.</summary>
    public void Close() => Volatile.Write(ref _isClosed, 1);

    private SharedReceiveRing Advance(SharedReceiveRing drained)
    {
        SharedReceiveRing next = drained.Next!;
        next.ForgetPrevious();
        SharedReceiveRing seen = Interlocked.CompareExchange(ref _consumerRing, next, drained);
        return seen == drained ? next : seen;
    }

    // R-RESP-39: once, and disarmed by whoever raises it.
    private void TellLimit()
    {
        int limit = Volatile.Read(ref _limit);
        if (limit == 0 || Count >= limit)
            return;
        if (Interlocked.CompareExchange(ref _limit, 0, limit) == limit)
            Owner?.Raise(AsyncEventType.SharedReceiveQueueLimitReached);
    }
}
