using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Transport.Metrics;
using RdmaPipeline.Transport.Tracing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// One shard: owns the machines of its queue pairs, their timers and doorbells, and the clock they live by. Everything but the members
/// marked "any thread" belongs to whoever holds the shard's scheduler, so no state here is locked.
/// </summary>
internal sealed class Shard : IShardWork, IHandoverObserver, IDisposable
{
    private const int PollsBetweenTimers = 32;

    private readonly QueuePairTable _table;
    private readonly TimeProvider _time;
    private readonly bool _defersResponses;
    private readonly TimerWheel _timers;
    private readonly HeldEvents _heldEvents = new();
    private readonly IShardTraffic _traffic;
    private QueuePairEntry[] _deferred = new QueuePairEntry[16];
    private int _deferredCount;
    private IStageHost<PacketBurst>? _ackGenerator;
    private int _pollsSinceTimers;
    private QueuePairEntry? _waitsToSend;
    private QueuePairEntry? _waitsToRespond;

    public Shard(
        int index, ShardScheduler scheduler, QueuePairTable table, IShardTraffic traffic, DeviceOptions options, DeviceMeasures measures,
        DeviceTracer tracer)
    {
        Index = index;
        Scheduler = scheduler;
        _table = table;
        _traffic = traffic;
        Measures = measures;
        Tracer = new ShardTracer(tracer);
        _time = options.TimeProvider;
        _defersResponses = options.AckPolicy == AckPolicy.AfterDelivery;
        _timers = new TimerWheel(NowNanoseconds);
        // A destroyed queue pair may leave a token behind, and its number is not reused soon: twice the limit cannot overflow.
        SendDoorbell = new Doorbell(2 * options.MaxQueuePairs);
        ResponseDoorbell = new Doorbell(2 * options.MaxQueuePairs);
    }

    public int Index { get; }

    /// <summary>What of the device is measured.</summary>
    public DeviceMeasures Measures { get; }

    /// <summary>The exclusive scheduler of everything on this shard.</summary>
    public ShardScheduler Scheduler { get; }

    /// <summary>Tokens of queue pairs with requests to send.</summary>
    public Doorbell SendDoorbell { get; }

    /// <summary>Tokens of queue pairs that owe a response.</summary>
    public Doorbell ResponseDoorbell { get; }

    /// <summary>The queue pair that goes first at the next turn of the requester.</summary>
    public ref QueuePairEntry? WaitsToSend => ref _waitsToSend;

    /// <summary>The queue pair that goes first at the next turn of the ack generator.</summary>
    public ref QueuePairEntry? WaitsToRespond => ref _waitsToRespond;

    /// <summary>Bursts that point into user memory.</summary>
    public UnencodedBursts Unencoded { get; } = new();

    /// <summary>What the tracers of its queue pairs share.</summary>
    public ShardTracer Tracer { get; }

    /// <summary>Any thread.</summary>
    public long NowNanoseconds =>
        _time.TimestampFrequency == 1_000_000_000
            ? _time.GetTimestamp()
            : (long)((Int128)_time.GetTimestamp() * 1_000_000_000 / _time.TimestampFrequency);

    public long NextDeadlineNanoseconds => _deferredCount > 0 ? 0 : _timers.NextDeadline;

    /// <summary>Reads the clock: once a burst.</summary>
    public Instant ReadClock() => new(NowNanoseconds);

    /// <summary>Any thread: the live queue pair of a number.</summary>
    public QueuePairEntry? Find(uint number) => _table.Find(number);

    /// <summary>Names the stage that fetches what queue pairs owe.</summary>
    public void Connect(IStageHost<PacketBurst> ackGenerator) => _ackGenerator = ackGenerator;

    public bool Poll()
    {
        LookForListeners();
        // Before the next bursts come in: so the peer sends on while these are processed.
        bool worked = RingDeferred();
        if (worked)
            _ackGenerator?.Pump();
        // Timers wait until the machines have seen what has arrived: an answer that lay there while nobody ran the shard is no loss. Under
        // steady traffic they get their turn all the same.
        bool arrived = _traffic.Poll();
        if ((arrived || Scheduler.HasWork) && ++_pollsSinceTimers < PollsBetweenTimers)
            return true;
        _pollsSinceTimers = 0;
        return ServeTimers() || arrived || worked;
    }

    /// <summary>Has everything traced when somebody has begun to listen, and nothing when nobody does any more.</summary>
    public void LookForListeners()
    {
        if (!Tracer.Look())
            return;
        foreach (var entry in _table.Snapshot())
        {
            if (entry.Shard == this)
                entry.Observe();
        }
    }

    public bool WaitForWork(long timeoutNanoseconds) => _traffic.Wait(timeoutNanoseconds);

    public void Wake() => _traffic.Wake();

    /// <summary>Does what a machine asked for.</summary>
    public void Apply(QueuePairEntry entry, Work work)
    {
        if ((work & Work.SendDue) != 0)
            RingSend(entry);
        if ((work & Work.ResponseDue) != 0)
            DeferResponse(entry);
        if ((work & Work.DeadlineChanged) != 0)
            ScheduleDeadline(entry);
    }

    /// <summary>Any thread: rings the requester unless the queue pair's token is in flight.</summary>
    public void RingSend(QueuePairEntry entry)
    {
        if (Interlocked.Exchange(ref entry.Context.SendDoorbellRung, 1) == 0)
            SendDoorbell.Ring(entry.Number);
    }

    /// <inheritdoc/>
    public void HandedOver(uint queuePair, long position)
    {
        if (_table.Find(queuePair) is not { } entry)
            return;
        entry.NoteHandover(position);
        RingSend(entry);
    }

    /// <summary>Rings the ack generator unless the queue pair's token is in flight.</summary>
    public void RingResponse(QueuePairEntry entry)
    {
        if (Interlocked.Exchange(ref entry.Context.ResponseDoorbellRung, 1) == 0)
            ResponseDoorbell.Ring(entry.Number);
    }

    /// <summary>Sees to it that the wheel wakes the machine no later than it asks for.</summary>
    public void ScheduleDeadline(QueuePairEntry entry)
    {
        long deadline = entry.Machine.NextDeadline.Nanoseconds;
        if (deadline >= entry.ArmedFor || entry.IsClosed)
            return;
        entry.ArmedFor = deadline;
        _timers.Arm(entry, deadline);
    }

    /// <summary>Sees to it that a timer expires at a time; <see cref="TimerWheel.Never"/> for not at all.</summary>
    public void Schedule(ShardTimer timer, long deadline)
    {
        if (deadline != TimerWheel.Never)
            _timers.Arm(timer, deadline);
    }

    /// <summary>Sees to it that a timer does not expire.</summary>
    public void Unschedule(ShardTimer timer) => _timers.Cancel(timer);

    /// <summary>Sees to it that an event of a completion queue is held back no longer than this.</summary>
    public void HoldBack(CompletionQueue queue, long nanoseconds) =>
        Schedule(_heldEvents, _heldEvents.Add(queue, NowNanoseconds + nanoseconds));

    /// <summary>Flushes what was posted to a queue pair in ERR, where no stage does it.</summary>
    public void FlushPosted(QueuePairEntry entry)
    {
        var now = ReadClock();
        Apply(entry, entry.Machine.ReceivePosted(now));
        var packet = new PacketWriter(stackalloc byte[PacketWriter.MaxHeaderLength], []);
        if (entry.Context.State is QueuePairState.Error or QueuePairState.SendQueueError)
            entry.Machine.PollRequest(ref packet, now);
    }

    /// <summary>Rings the ack generator if the queue pair owes anything.</summary>
    /// <returns>Whether it does.</returns>
    public bool RingOwed(QueuePairEntry entry)
    {
        if (!entry.Machine.HasResponseWork)
            return false;
        RingResponse(entry);
        return true;
    }

    /// <summary>Forgets a queue pair that is no longer in the table.</summary>
    public void Close(QueuePairEntry entry)
    {
        entry.IsClosed = true;
        entry.Tracer?.Abandon();
        _timers.Cancel(entry);
        entry.ArmedFor = TimerWheel.Never;
    }

    /// <summary>Gives up what the shard waits with, after its driver has ended.</summary>
    public void Dispose() => (_traffic as IDisposable)?.Dispose();

    // The acknowledgement leaves with the next round, after the completions of this one could be picked up: a reply posted at once goes
    // first, and all bursts of a round share one acknowledgement.
    private void DeferResponse(QueuePairEntry entry)
    {
        if (!_defersResponses)
        {
            RingResponse(entry);
            return;
        }
        if (entry.IsResponseDeferred)
            return;
        entry.IsResponseDeferred = true;
        if (_deferredCount == _deferred.Length)
            Array.Resize(ref _deferred, _deferred.Length * 2);
        _deferred[_deferredCount++] = entry;
    }

    private bool RingDeferred()
    {
        if (_deferredCount == 0)
            return false;
        for (int i = 0; i < _deferredCount; i++)
        {
            var entry = _deferred[i];
            entry.IsResponseDeferred = false;
            if (!entry.IsClosed)
                RingResponse(entry);
        }
        Array.Clear(_deferred, 0, _deferredCount);
        _deferredCount = 0;
        return true;
    }

    private bool ServeTimers()
    {
        if (_timers.NextDeadline == TimerWheel.Never)
            return false;
        var now = ReadClock();
        bool worked = false;
        while (_timers.TakeDue(now.Nanoseconds, out var timer))
        {
            if (timer is QueuePairEntry entry)
                ServeDeadline(entry, now);
            else
                Schedule((ShardTimer)timer, ((ShardTimer)timer).Expire(now.Nanoseconds));
            worked = true;
        }
        return worked;
    }

    private void ServeDeadline(QueuePairEntry entry, Instant now)
    {
        entry.ArmedFor = TimerWheel.Never;
        if (entry.Machine.NextDeadline <= now)
            Apply(entry, entry.Machine.HandleDeadline(now));
        ScheduleDeadline(entry);
    }
}
