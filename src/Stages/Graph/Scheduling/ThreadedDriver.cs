namespace RdmaPipeline.Graph.Scheduling;

/// <summary>
/// The driver with a background thread: hybrid, dedicated and polling differ only in who else may drive and whether it parks.
/// </summary>
/// <remarks>
/// No wake-up is lost. Work is: a delegate in the scheduler's queue, a deadline, traffic. The background thread is running, napping or
/// parked.
/// <para>Parked. It publishes <c>_parkedUntil</c>, sets <c>_state = Parked</c>, fences, and only then looks at the queue, the deadline
/// and the stop flag; whoever queues work does so first, fences, and then looks at <c>_state</c>. One of the two sees the other
/// (Dekker): either it does not park or it is woken. The waker moves Parked → Running by compare-exchange, so one park costs one wake at
/// most, and
/// <see cref="IShardWork.Wake"/> is sticky, so it may come before the wait. Work that a user leaves behind (delegates over the budget,
/// a deadline earlier than the one parked for) is found by the same look after his release of the seat, which is a full fence.
/// Traffic ends the wait by itself: <see cref="IShardWork.WaitForWork"/> does not block while any is there.</para>
/// <para>Napping, for <see cref="NapMilliseconds"/>: users drive, so nobody wakes it; when it wakes it looks again and takes the seat
/// unless they still drive. A hand-over sets its flag, fences, looks at <c>_state</c>; a nap sets <c>_state = Napping</c>, fences, looks
/// at the flag. It never parks while somebody else holds the seat: it naps, because what the holder will leave behind is not known
/// yet.</para>
/// </remarks>
internal sealed class ThreadedDriver : ShardDriver
{
    /// <summary>How long the background thread keeps its shard, spinning, with nothing to do.</summary>
    public const long SpinNanoseconds = 50_000;

    /// <summary>How long it stays away while users drive: the shortest timed wait that the platform-neutral API offers.</summary>
    public const int NapMilliseconds = 1;

    /// <summary>
    /// So many attempts to drive within one nap, or <see cref="ActiveRounds"/> of the background thread, make an active user.
    /// </summary>
    public const int ActiveDrives = 8;

    /// <summary>Rounds of the background thread over which attempts to drive are counted.</summary>
    public const int ActiveRounds = 256;

    /// <summary>
    /// A user who polls without finding anything offers his processor to others once in so many attempts, and so does a driver that never
    /// parks: on a machine with more spinning threads than processors the peer he waits for may be the one without a processor, for a
    /// whole scheduler tick.
    /// </summary>
    public const int IdleDrivesBeforeYield = 32;

    private const int Running = 0;
    private const int Napping = 1;
    private const int Parked = 2;

    private readonly ManualResetEventSlim _napEnd = new(initialState: false, spinCount: 0);
    // Its last act: who waits for the end goes on on the thread that ends, and needs none of a pool that may have none to give.
    private readonly TaskCompletionSource _ended = new();
    private readonly Thread _thread;
    private long _deadline = long.MaxValue;
    private long _parkedUntil;
    private int _state;
    private int _handover;
    private int _drives;
    private int _idleDrives;
    private int _stopping;

    public ThreadedDriver(ShardDriverKind kind, ShardScheduler scheduler, IShardWork work, Action<Exception> faulted)
        : base(kind, scheduler, work, faulted)
    {
        scheduler.WorkQueued = WakeIfParked;
        _thread = new Thread(RunUntilStopped) { IsBackground = true, Name = $"rdma {scheduler.Name}" };
    }

    /// <summary>How often the background thread was woken out of a park; for tests and diagnosis.</summary>
    public long Wakes { get; private set; }

    /// <summary>How often it ran the shard; for tests and diagnosis.</summary>
    public long TakeOvers { get; private set; }

    /// <summary>How often the background thread offered its processor to others instead of parking; for tests and diagnosis.</summary>
    public long Yields { get; private set; }

    /// <summary>Whether the background thread is parked, or about to be: from here on only a wake brings it back.</summary>
    public bool IsParked => Volatile.Read(ref _state) == Parked;

    /// <summary>Whether the background thread stays away because users drive.</summary>
    public bool IsNapping => Volatile.Read(ref _state) == Napping;

    private bool IsStopping => Volatile.Read(ref _stopping) != 0;

    public void Launch() => _thread.Start();

    public override bool Drive()
    {
        if (Kind != ShardDriverKind.Hybrid || IsStopping)
        {
            return false;
        }

        Volatile.Write(ref _drives, _drives + 1); // racing users may lose a count; what matters is that it moves
        bool did = Scheduler.TryEnter() && RunRoundAndLeave();
        if (did)
        {
            _idleDrives = 0;
        }
        else if (++_idleDrives % IdleDrivesBeforeYield == 0)
        {
            Thread.Yield();
        }

        return did;
    }

    public override void Handover()
    {
        Volatile.Write(ref _handover, 1);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _state) == Napping)
        {
            _napEnd.Set();
        }
    }

    public override Task StopAsync()
    {
        Volatile.Write(ref _stopping, 1);
        Interlocked.MemoryBarrier();
        _napEnd.Set();
        Work.Wake();
        return _ended.Task;
    }

    protected override void Dispose(bool disposing)
    {
        StopAsync();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
            _napEnd.Dispose();
        }
    }

    private void RunUntilStopped()
    {
        while (!IsStopping)
        {
            if (!Scheduler.TryEnter())
            {
                NapWhileUsersDrive();
                continue;
            }

            TakeOvers++;
            bool usersDrive = Serve();
            LeaveSeat();
            if (usersDrive)
            {
                NapWhileUsersDrive();
            }
            else
            {
                Park();
            }
        }

        _ended.SetResult();
    }

    /// <summary>Runs the shard until it was idle for a while, or users turn out to drive.</summary>
    /// <returns>Whether users drive.</returns>
    private bool Serve()
    {
        using var spin = new IdleSpin(unlimited: Kind == ShardDriverKind.Polling);
        int drives = Volatile.Read(ref _drives);
        uint idle = 0;
        for (int round = 1; !IsStopping; round++)
        {
            bool did = RunRound();
            if (Volatile.Read(ref _drives) - drives >= ActiveDrives && Interlocked.Exchange(ref _handover, 0) == 0)
            {
                return true;
            }

            if (round % ActiveRounds == 0)
            {
                drives = Volatile.Read(ref _drives); // who looks in once in a while is no active user
            }

            if (did)
            {
                spin.Reset();
            }
            else if (!spin.Continue())
            {
                return false;
            }
            else if (Kind == ShardDriverKind.Polling && ++idle % IdleDrivesBeforeYield == 0)
            {
                Yields++;
                Thread.Yield();
            }
        }

        return false;
    }

    private bool RunRoundAndLeave()
    {
        try
        {
            return RunRound();
        }
        finally
        {
            LeaveSeat();
        }
    }

    private void LeaveSeat()
    {
        long deadline = Work.NextDeadlineNanoseconds;
        Volatile.Write(ref _deadline, deadline);
        Scheduler.Exit();
        if (Volatile.Read(ref _state) == Parked && (Scheduler.HasWork || deadline < Volatile.Read(ref _parkedUntil)))
        {
            WakeIfParked();
        }
    }

    private void WakeIfParked()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _state) == Parked && Interlocked.CompareExchange(ref _state, Running, Parked) == Parked)
        {
            Work.Wake();
        }
    }

    private void NapWhileUsersDrive()
    {
        SpinCensus.Join(); // the users who drive instead are the spinners
        int drives;
        do
        {
            drives = Volatile.Read(ref _drives);
            _napEnd.Reset();
            Volatile.Write(ref _state, Napping);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _handover) == 0 && !IsStopping)
            {
                _napEnd.Wait(NapMilliseconds);
            }

            Volatile.Write(ref _state, Running);
        }
        while (!IsStopping && Interlocked.Exchange(ref _handover, 0) == 0 && Volatile.Read(ref _drives) - drives >= ActiveDrives);
        SpinCensus.Leave();
    }

    private void Park()
    {
        long until = Volatile.Read(ref _deadline);
        Volatile.Write(ref _parkedUntil, until);
        Volatile.Write(ref _state, Parked);
        Interlocked.MemoryBarrier();
        bool due = Scheduler.HasWork || Volatile.Read(ref _deadline) < until || IsStopping;
        long wait = until == long.MaxValue ? -1 : Math.Max(0, until - Work.NowNanoseconds);
        if (!due && wait != 0 && Work.WaitForWork(wait))
        {
            Wakes++;
        }

        Volatile.Write(ref _state, Running);
    }
}
