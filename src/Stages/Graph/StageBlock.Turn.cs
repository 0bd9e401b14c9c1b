using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <content>A turn of the block on its shard: outputs first, then what was deferred, then the queue, then the pump.</content>
public sealed partial class StageBlock<T>
{
    private void TakeTurn()
    {
        if (_completion.Task.IsCompleted)
        {
            ForgetPostponed();
        }
        else if (Volatile.Read(ref _fault) is { } fault)
        {
            DiscardAll(fault);
        }
        else
        {
            OfferStashes();
            Settle();
            bool woken = Interlocked.Exchange(ref _woken, 0) != 0;
            RunDeferred(woken);
            RunQueue();
            RunPump(woken);
            GiveOutLast();
            FinishTurn();
        }

        if (_watch?.Check() == true)
        {
            _watch = null;
        }
    }

    private void OfferStashes()
    {
        if (HasRoom)
        {
            return;
        }

        foreach (OutputPort<T> port in _ports)
        {
            port.OfferStash();
        }
    }

    private void RunDeferred(bool woken)
    {
        if (!woken || Deferred is null)
        {
            return;
        }

        if (HasRoom)
        {
            ExecuteDeferred();
            Settle();
        }
        else
        {
            Volatile.Write(ref _woken, 1); // the turn that frees the output will try
        }
    }

    private void RunQueue()
    {
        for (int budget = Scheduler.BurstsPerTurn; budget > 0 && !IsBlocked && _fault is null; budget--)
        {
            if (!_input.TryTake(out QueuedBurst<T> queued) && !(_input.Fetch(this) && _input.TryTake(out queued)))
            {
                return;
            }

            if (queued.Stamp != 0)
            {
                Meter.RecordWait(StageMeter.ReadClock() - queued.Stamp, Observer?.Find(queued.Burst));
            }

            _held++;
            Meter.CountQueued(queued.Items);
            Execute(queued.Burst, queued.From?.Edge?.Meter);
            Settle();
            _input.Fetch(this);
        }
    }

    private void RunPump(bool woken)
    {
        _pumpDue = (_pumpDue || woken) && IsPump && (!_input.Declines || _options.DrainPump);
        if (MayPump && !IsBlocked && _fault is null)
        {
            _pumpDue = ExecutePump();
            Settle();
        }
    }

    /// <summary>Nothing more will come: what the stage holds goes out, whatever it waits for.</summary>
    private void GiveOutLast()
    {
        for (int budget = Scheduler.BurstsPerTurn; budget > 0 && MustGiveOut && !IsBlocked && _fault is null; budget--)
        {
            GiveOutHeld();
            Settle();
        }
    }

    /// <summary>Brings the places occupied, and the clock of the blockage, in line with what is stashed and deferred now.</summary>
    private void Settle()
    {
        int held = Volatile.Read(ref _stashed) + (Deferred is null ? 0 : 1);
        if (held != _held)
        {
            _input.Settle(held - _held);
            _held = held;
        }

        if (held != 0)
        {
            Meter.EnterBlocked(Deferred is null ? BlockedReason.DownstreamFull : DeferredReason);
        }
        else
        {
            Meter.LeaveBlocked();
        }
    }

    private void FinishTurn()
    {
        if (_input.Declines)
        {
            ForgetPostponed();
        }

#if CANARY_LOST_TURN
        if (_fault is not null || (!IsBlocked && (MayPump || MustGiveOut)))
#else
        if (_fault is not null || (!IsBlocked && (_input.HasBursts || MayPump || MustGiveOut)))
#endif
        {
            RequestTurn();
        }
        else if (_input.IsFinished && !IsBlocked && !MustGiveOut && Volatile.Read(ref _woken) == 0)
        {
            _completion.TrySetResult();
            End(fault: null);
        }
    }

    /// <summary>Tells the sources of postponed offers, by reserving and releasing, that they should look elsewhere.</summary>
    private void ForgetPostponed()
    {
        while (_input.TryForget(out ISourceBlock<T> source, out DataflowMessageHeader header))
        {
            if (source.ReserveMessage(header, this))
            {
                source.ReleaseReservation(header, this);
            }
        }
    }

    private void DiscardAll(Exception fault)
    {
        DiscardDeferred();
        DiscardHeld();
        while (_input.TryTake(out QueuedBurst<T> queued))
        {
            _held++;
            Discard(queued.Burst, queued.From?.Edge?.Meter);
        }

        foreach (OutputPort<T> port in _ports)
        {
            port.Discard();
        }

        ForgetPostponed();
        Settle();
        _completion.TrySetException(fault);
        _ = _completion.Task.Exception; // observed: whoever made the block is told through its events
        End(fault);
    }

    private void End(Exception? fault)
    {
        CancelAlarm();
        foreach (OutputPort<T> port in _ports)
        {
            port.PropagateCompletion();
        }

        if (fault is null)
        {
            _events.Completed?.Invoke(Name);
        }
        else
        {
            _events.Faulted(Name, Name, fault);
        }
    }
}
