using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Fused;

/// <summary>A stage that is called directly by the one before it.</summary>
internal sealed class FusedHost<T>(
    IStage<T> stage, string name, FusedShard<T> shard, StageOwner owner, bool drainPump, StageMeter? meter)
    : StageHost<T>(stage, name, shard.Scheduler, owner, meter)
    where T : class, IBurst
{
    private readonly FusedEdge<T>?[] _outputs = new FusedEdge<T>?[stage.Outputs.Count];
    private readonly List<FusedEdge<T>> _inputs = [];
    private int _waiting;
    private int _woken;
    private bool _pumpDue;

    public override bool IsBlocked => Deferred is not null || !HasRoom;

    public override bool HasRoom => _waiting == 0;

    public override bool IsEnding => shard.Declines || GivesOut;

    /// <summary>Whether the stage can take a burst this moment.</summary>
    public bool CanTake => !IsRunning && !IsBlocked && !shard.IsFaulted;

    /// <summary>Whether something is left in it or due.</summary>
    public bool IsBusy => IsBlocked || MayPump || Held.Bursts != 0 || Volatile.Read(ref _woken) != 0;

    public FusedShard<T> Shard => shard;

    internal override IGraphBlock Block => shard;

    private bool MayPump => _pumpDue && !shard.IsResting;

    public void Connect(FusedEdge<T> output, int port) => _outputs[port] = output;

    public void AddInput(FusedEdge<T> input) => _inputs.Add(input);

    /// <summary>On the shard: bursts that wait on an output.</summary>
    public void CountWaiting(int difference) => _waiting += difference;

    public override void Wake()
    {
        Volatile.Write(ref _woken, 1);
        shard.RequestTurn();
    }

    public override bool Pump()
    {
        if (!IsPump || IsRunning || IsBlocked || shard.Declines || shard.IsResting)
        {
            return false;
        }

        long before = Meter.CreatedItems;
        return ExecutePump() || Meter.CreatedItems != before;
    }

    public void Take(T burst, FusedEdge<T> edge)
    {
        Execute(burst, edge.Meter);
        if (Deferred is not null)
        {
            Meter.EnterBlocked(DeferredReason);
        }
    }

    /// <summary>Tries again what was deferred, then what waits on the inputs.</summary>
    public void Advance()
    {
        bool woken = Interlocked.Exchange(ref _woken, 0) != 0;
        _pumpDue |= woken && IsPump && (!shard.Declines || drainPump);
        if (woken && Deferred is not null && !shard.IsFaulted)
        {
            ExecuteDeferred();
        }

        foreach (FusedEdge<T> edge in _inputs)
        {
            edge.Flush();
        }

        if (!IsBlocked)
        {
            Meter.LeaveBlocked();
        }
    }

    /// <returns>Whether it is to be called again.</returns>
    public bool RunPump()
    {
        if (MayPump && CanTake)
        {
            _pumpDue = ExecutePump() && (!shard.Declines || drainPump);
            return _pumpDue && !IsBlocked;
        }

        return false;
    }

    /// <summary>The shard was told to drain: what the stage holds goes out, whatever it waits for.</summary>
    public void GiveOutLast()
    {
        while (CanTake && GiveOutHeld())
        {
            // Each goes its way before the next.
        }
    }

    /// <summary>The shard has ended.</summary>
    public void End() => CancelAlarm();

    public bool HasDeferredFrom(FusedEdge<T> edge, out int items)
    {
        items = DeferredItems;
        return Deferred is not null && DeferredEdge == edge.Meter;
    }

    public void DiscardAll()
    {
        DiscardDeferred();
        DiscardHeld();
        foreach (FusedEdge<T> edge in _inputs)
        {
            edge.Discard();
        }

        _pumpDue = false;
        Meter.LeaveBlocked();
    }

    private protected override void Pass(int port, T burst, int items) => _outputs[port]!.Push(burst, items);

    private protected override void OnFailure() => shard.Fault(Failure!);
}
