namespace RdmaPipeline.Verbs;

/// <summary>
/// Where finished work requests are reported, oldest first. Any number of threads may poll and await it; each completion is
/// returned once (R-CQ-2).
/// </summary>
public sealed partial class CompletionQueue : IDisposable
{
    private readonly RdmaDevice _device;
    private CompletionRing _producerRing;
    private CompletionRing _consumerRing;
    private int _users;
    private int _overrun;
    private int _disposed;

    internal CompletionQueue(RdmaDevice device, CompletionQueueOptions options)
    {
        _device = device;
        HasTimestamps = options.Timestamps;
        _producerRing = _consumerRing = new CompletionRing(options.Capacity, HasTimestamps);
        _waiters.Use(Verdict, device.Provider.Continuations);
        Channel = options.Channel;
        CompletionVector = options.CompletionVector;
        UserContext = options.UserContext;
    }

    /// <summary>Completions it holds before it is overrun.</summary>
    public int Capacity => Volatile.Read(ref _producerRing).Capacity;

    /// <summary>Completions in it now: as many as were there at one moment of the call.</summary>
    public int Count
    {
        get
        {
            while (true)
            {
                CompletionRing first = Volatile.Read(ref _consumerRing);
                long taken = first.Taken;
                int count = 0;
                for (CompletionRing? ring = first; ring is not null; ring = ring.Next)
                    count += ring.Count;

                // Nobody takes from a later ring before the first is drained: nothing was taken meanwhile, only the newest ring grew.
                if (first.Taken == taken && Volatile.Read(ref _consumerRing) == first)
                    return count;
            }
        }
    }

    /// <summary>Where its notifications go; null when it was made without one.</summary>
    public CompletionChannel? Channel { get; }

    /// <summary>The completion vector it was made with.</summary>
    public int CompletionVector { get; }

    /// <summary>What the owner attached.</summary>
    public object? UserContext { get; }

    /// <summary>A completion was lost for want of room: the queue takes no more (R-CQ-8).</summary>
    public bool IsOverrun => Volatile.Read(ref _overrun) != 0;

    internal RdmaDevice Device => _device;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>
    /// Takes the oldest completions and never waits. The data of a receive, read or atomic taken is visible (R-CQ-23).
    /// </summary>
    /// <param name="completions">Where to; its length is the most that is taken.</param>
    /// <returns>How many were taken, 0 when there are none.</returns>
    /// <exception cref="ObjectDisposedException">The queue was disposed of.</exception>
    /// <exception cref="RdmaException">EOVERFLOW: the queue was overrun and all that it held has been taken.</exception>
    public int Poll(Span<WorkCompletion> completions)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        int count = Take(completions);
        if (count == 0 && completions.Length != 0 && _device.Provider.Drive())
            count = Take(completions);
        if (count == 0 && IsOverrun && completions.Length != 0)
            throw Overrun();
        return count;
    }

    /// <summary>Changes the capacity while the queue is in use. Content and order are kept (R-CQ-7).</summary>
    /// <param name="capacity">From the number of completions in it to <see cref="DeviceAttributes.MaxCompletionQueueEntries"/>.</param>
    /// <exception cref="RdmaException">EINVAL: out of this range. EOVERFLOW: the queue was overrun.</exception>
    public void Resize(int capacity)
    {
        _device.CheckCompletionQueueCapacity(capacity);
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (IsOverrun)
                throw Overrun();
            int count = Count;
            if (capacity < count)
                throw RdmaException.Invalid($"cqe is {capacity}, but {count} completions are in the queue: poll them first");
            CompletionRing old = _producerRing;
            var next = new CompletionRing(capacity, HasTimestamps);
            old.Seal(next);
            Volatile.Write(ref _producerRing, next);
        }
    }

    /// <summary>Ends the queue; completions in it vanish, waits on it end with <see cref="ObjectDisposedException"/>.</summary>
    /// <exception cref="RdmaException">EBUSY: a queue pair uses it; dispose of that first (R-CQ-9).</exception>
    public void Dispose()
    {
        lock (_device.Control)
        {
            if (IsDisposed)
                return;
            if (_users != 0)
                throw new RdmaException(VerbsErrno.EBUSY, $"{_users} work queue(s) complete here: dispose of their queue pairs first");
            _disposed = 1;
            if (Channel is not null)
                Channel.AttachedQueues--;
            _device.Forget(this);
        }
        _waiters.Execute();
    }

    /// <summary>Appends a completion. Any shard; never waits.</summary>
    /// <param name="completion">What to append.</param>
    /// <param name="solicited">The sender asked for attention; errors count as solicited by themselves (R-CQ-5).</param>
    /// <returns>False: it is lost, and so must be the queue pair (R-CQ-8).</returns>
    internal bool Push(in WorkCompletion completion, bool solicited)
    {
        if (IsOverrun)
            return false;
        long timestamp = HasTimestamps ? _device.Provider.ReadClock() : 0;
        CompletionRing ring = Volatile.Read(ref _producerRing);
        CompletionPush push;
        while ((push = ring.TryPush(completion, timestamp)) == CompletionPush.Sealed)
            ring = ring.Next!;
        if (push == CompletionPush.Full)
            return LoseCompletion();
        bool isError = completion.Status != WorkCompletionStatus.Success;
        Signal(solicited || isError, isError);
        return true;
    }

    /// <summary>A work queue uses this queue or no longer does. Under the control lock.</summary>
#if CANARY_BUSY_FOR_EVER
    internal void CountUsers(int change) => _users += Math.Max(change, 0);
#else
    internal void CountUsers(int change) => _users += change;
#endif

    private int Take(Span<WorkCompletion> into)
    {
        int taken = 0;
        while (true)
        {
            CompletionRing ring = Volatile.Read(ref _consumerRing);
            taken += ring.Take(into[taken..]);
            if (taken == into.Length || !ring.IsDrained)
                return taken;
            Interlocked.CompareExchange(ref _consumerRing, ring.Next!, ring);
        }
    }

    private bool LoseCompletion()
    {
        if (Interlocked.Exchange(ref _overrun, 1) == 0)
        {
            _device.CountCompletionOverrun();
            _device.Raise(new AsyncEvent(AsyncEventType.CompletionQueueError, null, this, 0));
            Signal(solicited: true, isUrgent: true);
        }
        return false;
    }

    private static RdmaException Overrun() => new(
        VerbsErrno.EOVERFLOW, "the completion queue was overrun and lost completions: make a larger one and connect anew");
}
