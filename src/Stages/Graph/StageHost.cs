using System.Diagnostics;
using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>
/// What all hosts of a stage share: one call at a time, the accounting around it, deferral, and the capture of a stage's exception.
/// </summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public abstract partial class StageHost<T> : IStageHost<T>
    where T : class, IBurst
{
    private readonly IPumpStage<T>? _pump;
    private IShardAlarm? _alarm;
    private int _untilSample = StageMeter.SampleInterval;
    private long _offerTicks;
    private bool _timing;
    private T? _observed;

    private protected StageHost(IStage<T> stage, string name, ShardScheduler scheduler, StageOwner owner, StageMeter? meter)
    {
        Stage = stage;
        Name = name;
        Scheduler = scheduler;
        _pump = stage as IPumpStage<T>;
        _holder = stage as IHoldingStage<T>;
        Meter = meter ?? new StageMeter(name, stage.GetType().Name, owner);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IStage<T> Stage { get; }

    /// <inheritdoc/>
    public StageMeter Meter { get; }

    /// <summary>The shard the stage runs on.</summary>
    public ShardScheduler Scheduler { get; }

    /// <inheritdoc/>
    public IShardServices? Services { get; internal set; }

    /// <inheritdoc/>
    public abstract bool IsBlocked { get; }

    /// <inheritdoc/>
    public abstract bool HasRoom { get; }

    /// <inheritdoc/>
    public abstract bool IsEnding { get; }

    /// <summary>Told of every drop; null for nobody.</summary>
    internal IDropObserver? DropObserver { get; set; }

    /// <summary>Told of the bursts that come and go; null for nobody.</summary>
    internal StageObserver? Observer { get; set; }

    /// <summary>Whether the stage makes bursts of its own.</summary>
    internal bool IsPump => _pump is not null;

    /// <summary>The block it is, or is in.</summary>
    internal abstract IGraphBlock Block { get; }

    /// <summary>What came out of the stage and makes it unusable.</summary>
    internal Exception? Failure { get; private protected set; }

    /// <summary>The burst that the stage has given back, with the meter of the edge it came by.</summary>
    private protected T? Deferred { get; private set; }

    private protected int DeferredItems { get; private set; }

    private protected BlockedReason DeferredReason { get; private set; }

    private protected EdgeMeter? DeferredEdge { get; private set; }

    /// <summary>True while the stage is being called: what is offered meanwhile must queue.</summary>
    private protected bool IsRunning { get; set; }

    /// <inheritdoc/>
    public abstract bool Pump();

    /// <inheritdoc/>
    public abstract void Wake();

    /// <inheritdoc/>
    public void Emit(int port, T burst)
    {
        int items = burst.Count;
        Meter.CountProduced(items);
        Observer?.Leave(Name, burst);
        if (!_timing)
        {
            Pass(port, burst, items);
            return;
        }

        long start = StageMeter.ReadClock();
        Pass(port, burst, items);
        _offerTicks += StageMeter.ReadClock() - start;
    }

    /// <inheritdoc/>
    public void Defer(T burst, BlockedReason reason = BlockedReason.DownstreamFull)
    {
        if (!IsRunning || Deferred is not null)
        {
            throw new InvalidOperationException($"Stage '{Name}' may defer one burst, the one it was given, while it processes it.");
        }

        Deferred = burst;
        DeferredReason = reason;
    }

    /// <inheritdoc/>
    public void WakeAt(long nanoseconds)
    {
        IShardServices shard = Services ?? throw new InvalidOperationException(
            $"Stage '{Name}' asks to be woken at a time, but its shard offers none: set {nameof(ShardAssignment)}.Services.");
        _alarm ??= shard.MakeAlarm(Wake);
        _alarm.Set(nanoseconds);
    }

    /// <inheritdoc/>
    public void Created(int items) => Meter.CountCreated(items);

    /// <inheritdoc/>
    public void Ended(int items) => Meter.CountEnded(items);

    /// <inheritdoc/>
    public void Dropped(DropReason reason, int items, T? burst = null)
    {
        Meter.CountDropped(reason, items);
        DropObserver?.Dropped(Name, burst ?? _observed, reason, items);
    }

    /// <summary>Passes a burst on by way of an output port.</summary>
    private protected abstract void Pass(int port, T burst, int items);

    /// <summary>Has the failure handled in a turn of its own: the failing call may be deep inside other stages' calls.</summary>
    private protected abstract void OnFailure();

    /// <summary>Calls the stage with a burst. It is consumed when the call returns, unless the stage deferred it.</summary>
    private protected void Execute(T burst, EdgeMeter? edge)
    {
        int items = burst.Count;
        IsRunning = true;
        if (DropObserver is not null)
        {
            _observed = burst;
        }

        Activity? span = Observer?.Enter(Name, burst);
        try
        {
            if (--_untilSample == 0 || span is not null)
            {
                ProcessTimed(burst, span);
            }
            else
            {
                Stage.Process(burst);
            }
        }
#pragma warning disable CA1031 // a bug of the stage faults the shard, not the neighbour whose call this is inside of
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }

        IsRunning = false;
        _observed = null;
        if (Deferred is null)
        {
            Meter.CountConsumed(items);
            edge?.CountConsumed(items);
        }
        else
        {
            DeferredEdge = edge;
            DeferredItems = items;
        }

        AccountAfterFailure();
    }

    private protected void ExecuteDeferred()
    {
        T burst = Deferred!;
        Deferred = null;
        Execute(burst, DeferredEdge);
    }

    /// <summary>Calls the pump once.</summary>
    /// <returns>Whether it has more work.</returns>
    private protected bool ExecutePump()
    {
        IsRunning = true;
        try
        {
            return _pump!.Pump();
        }
#pragma warning disable CA1031 // as above
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
            return false;
        }
        finally
        {
            IsRunning = false;
            AccountAfterFailure();
        }
    }

    /// <summary>Accounts for a burst that a faulted or closed graph will not process, and lets it go.</summary>
    internal void Discard(T burst, EdgeMeter? edge)
    {
        int items = burst.Count;
        edge?.CountConsumed(items);
        Meter.CountDropped(DropReason.Reconfiguration, items);
        Meter.CountConsumed(items);
        burst.Release();
    }

    private protected void CancelAlarm() => _alarm?.Cancel();

    private protected void DiscardDeferred()
    {
        if (Deferred is { } burst)
        {
            Deferred = null;
            Discard(burst, DeferredEdge);
        }
    }

    /// <summary>Items a failed call took over and neither passed on nor accounted for: lost with the shard, and said so.</summary>
    private void AccountAfterFailure()
    {
        if (Failure is null)
        {
            return;
        }

        StageMeter m = Meter;
        long lost = m.ConsumedItems + m.CreatedItems - m.ProducedItems - m.EndedItems - m.DroppedItems - Held.Items;
        if (lost > 0)
        {
            m.CountDropped(DropReason.Reconfiguration, (int)lost);
        }
    }

    private void Fail(Exception exception)
    {
        Meter.CountFault(exception);
        Failure ??= exception;
        OnFailure();
    }

    private void ProcessTimed(T burst, Activity? span)
    {
        bool isInTurn = _untilSample == 0;
        if (isInTurn)
        {
            _untilSample = StageMeter.SampleInterval;
        }

        _offerTicks = 0;
        _timing = true;
        long start = StageMeter.ReadClock();
        try
        {
            Stage.Process(burst);
        }
        finally
        {
            _timing = false;
            Meter.RecordProcess(Math.Max(0, StageMeter.ReadClock() - start - _offerTicks), isInTurn, span);
        }
    }
}
