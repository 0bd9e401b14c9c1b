using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Takes the requests of the peer in PSN order and records what is owed for them. It never waits and never sends, so receiving always
/// makes progress.
/// </summary>
internal sealed class Responder
{
    private readonly QueuePairScope _scope;
    private readonly ReceiveQueueState _state;
    private readonly RequestExecutor _executor;
    private readonly DuplicateRequests _duplicates;

    public Responder(QueuePairScope scope, ReceiveQueueState state)
    {
        (_scope, _state) = (scope, state);
        _executor = new RequestExecutor(scope, state);
        _duplicates = new DuplicateRequests(scope, state);
    }

    /// <summary>Takes one request packet that passed admission.</summary>
    /// <param name="request">The packet; its payload is copied before this returns.</param>
    /// <param name="drop"><see cref="DropReason.None"/> when it was executed.</param>
    /// <returns><see cref="Work.ResponseDue"/> when something is owed.</returns>
    public Work Receive(in PacketView request, out DropReason drop)
    {
        // An earlier packet of the burst may have taken the queue pair to ERR after this one was admitted (R-RESP-49).
        if (!QueuePairReception.Requests(_scope.State)) drop = DropReason.QpState;
        else drop = request.Traits.IsResponse ? DropReason.BadOpcode : Judge(request);
        return _state.IsAnythingOwed ? Work.ResponseDue : Work.None;
    }

    /// <summary>Starts anew with the attributes in force: INIT to RTR. Allocates the slots for READs and atomics.</summary>
    public void Start() => _state.Restart(_scope.Settings.ReceivePsn, _scope.Settings.MaxDestinationReadAtomic);

    /// <summary>Takes a changed max_dest_rd_atomic (SQD to SQD).</summary>
    public void ResizeReadAtomic() => _state.Resources.Resize(_scope.Settings.MaxDestinationReadAtomic);

    /// <summary>Discards everything in silence (R-RESP-50); the rings are the machine's to reset.</summary>
    public void Reset() => _state.Restart(default, 0);

    /// <summary>
    /// Flushes the receive queue of a queue pair in ERR (R-RESP-50, R-CQ-19). What is owed is forgotten, but for the last answers
    /// of a responder that gave the verdict itself (R-RESP-35).
    /// </summary>
    public void Flush()
    {
        if (!_state.IsClosing) _state.ForgetOwed();
        _state.Receive.Flush();
    }

    private DropReason Judge(in PacketView request)
    {
        var distance = Psn.Compare(request.Psn, _state.ExpectedPsn);
        if (distance > 0) return OutOfSequence(request.Psn);
#if CANARY_PSN_WINDOW
        if (distance < -1) return _duplicates.Receive(request);
#else
        if (distance < 0) return _duplicates.Receive(request);
#endif
        var fault = _executor.Execute(request);
        if (fault == RequestFault.None) return DropReason.None;
        return fault == RequestFault.ReceiverNotReady ? RefuseForNow() : Refuse(fault);
    }

    // R-RESP-2, R-RESP-4: one NAK for a gap, silence after it and after an RNR NAK.
    private DropReason OutOfSequence(Psn psn)
    {
        _scope.Counters.OutOfSequenceRequest++;
        if (!_state.HasGap || psn.IsAfter(_state.GapEnd)) _state.GapEnd = psn;
        _state.HasGap = true;
        if (_state.IsAwaitingExpected) return DropReason.OutOfSequence;
        _state.IsAwaitingExpected = true;
        _state.Nak = PendingNak.Sequence;
        return DropReason.OutOfSequence;
    }

    // R-RESP-15, R-RESP-16: the packet is refused as if it had never come. The requester will send again what follows it, unless an RNR NAK
    // for it is still waiting to leave and may yet be withdrawn.
    private DropReason RefuseForNow()
    {
        _state.HasGap &= _state.Nak != PendingNak.None;
        _state.IsAwaitingExpected = true;
        _state.Nak = PendingNak.ReceiverNotReady;
        return _state.Receive.Missing;
    }

    // responder.md section 10: NAK, completion or event, ERR.
    private DropReason Refuse(RequestFault fault)
    {
        ref readonly var row = ref RequestFaultTraits.Of(fault);
        _state.IsClosing = true;
        _scope.Counters.RefusedRequests.Count((int)fault);
#if !CANARY_LOST_NAK
        if (row.Nak is { } code)
            (_state.Nak, _state.FatalCode, _state.FatalPsn) = (PendingNak.Fatal, code, _state.ExpectedPsn);
#endif
        var attached = _state.Receive.IsActive;
        _scope.Faults.MarkError();
        if (attached) _state.Receive.Fail(row.Status);
        _scope.Faults.EnterError(attached ? null : row.Event);
        return row.Drop;
    }
}
