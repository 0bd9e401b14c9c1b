using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Executes the requests of the peer in PSN order: places data, completes receive work requests, and records what is owed.
/// It never waits and never sends, so receiving always makes progress.
/// </summary>
internal sealed class Responder
{
    private readonly QueuePairScope _scope;
    private readonly ReceiveQueueState _state;
    private readonly RequestValidator _validator;
    private readonly AtomicExecutor _atomics;
    private readonly DuplicateRequests _duplicates;

    public Responder(QueuePairScope scope, ReceiveQueueState state)
    {
        (_scope, _state) = (scope, state);
        _validator = new RequestValidator(scope, state);
        _atomics = new AtomicExecutor(scope);
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

    /// <summary>Takes a changed max_dest_rd_atomic (SQD to SQD, when nothing is outstanding).</summary>
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
        if (distance < 0) return _duplicates.Receive(request);
        var fault = Execute(request);
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

    // R-RESP-15: the packet is refused as if it had never come.
    private DropReason RefuseForNow()
    {
        _state.HasGap &= _state.Nak != PendingNak.None;
        _state.IsAwaitingExpected = true;
        _state.Nak = PendingNak.ReceiverNotReady;
        return DropReason.NoReceiveBuffer;
    }

    private RequestFault Execute(in PacketView request)
    {
        var traits = request.Traits;
        var fault = _validator.CheckOperation(traits);
        if (fault == RequestFault.None && (traits.ReceiveWqe & ReceiveWqeUse.Takes) != 0) fault = _state.Receive.Take();
        if (fault == RequestFault.None) fault = _validator.CheckLength(request, traits);
        if (fault != RequestFault.None) return fault;
        return traits.Operation switch
        {
            PacketOperation.Send => ExecuteSend(request, traits),
            PacketOperation.Write => ExecuteWrite(request, traits),
            PacketOperation.ReadRequest => AcceptRead(request),
            _ => ExecuteAtomic(request, traits.Operation),
        };
    }

    private RequestFault ExecuteSend(in PacketView request, OpcodeTraits traits)
    {
        var fault = _state.Receive.Place(request.Payload);
        if (fault != RequestFault.None) return fault;
        Accept(request, traits);
        if (!traits.IsLast) return RequestFault.None;
        _state.Msn = _state.Msn.Next;
        // R-RESP-27: after the data are placed, and told to the user only when it was done.
        if (traits.Has(HeaderLayout.Ieth) && !_scope.Regions.TryInvalidate(request.Ieth.RemoteKey, _scope.Context.ProtectionDomain))
            return RequestFault.InvalidateFailed;
        Complete(request, traits, WorkCompletionOpcode.Receive, _state.Receive.Placed);
        return RequestFault.None;
    }

    private RequestFault ExecuteWrite(in PacketView request, OpcodeTraits traits)
    {
        if (traits.IsFirst) _state.Write.Begin(request.Reth);
        var fault = _state.Write.Place(request.Payload, traits.IsLast);
        if (fault != RequestFault.None) return fault;
        Accept(request, traits);
        if (!traits.IsLast) return RequestFault.None;
        _state.Msn = _state.Msn.Next;
        // R-RESP-23: only a WRITE with immediate consumes a receive work request, at its last packet.
        if ((traits.ReceiveWqe & ReceiveWqeUse.Completes) != 0)
            Complete(request, traits, WorkCompletionOpcode.ReceiveRdmaWithImmediate, _state.Write.TotalLength);
        return RequestFault.None;
    }

    private RequestFault AcceptRead(in PacketView request)
    {
        var reth = request.Reth;
        // R-RESP-11: a READ of nothing touches no memory, so nothing is checked.
        if (reth.DmaLength != 0 && _scope.Regions.TryResolve(reth.RemoteKey, true, _scope.Context.ProtectionDomain, reth.VirtualAddress,
                reth.DmaLength, AccessFlags.RemoteRead, out _) != MemoryKeyFault.None)
        {
            return RequestFault.RemoteAccess;
        }

        // R-RESP-5: the whole range of responses is consumed when the request is accepted.
        var last = request.Psn + (ReadSegments.Count(reth.DmaLength, _scope.Settings.PathMtuBytes) - 1);
        ref var resource = ref Remember(ResponderResourceKind.Read, request.Psn, last);
        (resource.RemoteKey, resource.Address, resource.Length) = (reth.RemoteKey, reth.VirtualAddress, reth.DmaLength);
        resource.Answer(request.Psn, reth.VirtualAddress, reth.DmaLength);
        return RequestFault.None;
    }

    private RequestFault ExecuteAtomic(in PacketView request, PacketOperation operation)
    {
        var fault = _atomics.Execute(operation, request.AtomicEth, out var original);
        if (fault != RequestFault.None) return fault;
        ref var resource = ref Remember(ResponderResourceKind.Atomic, request.Psn, request.Psn);
        resource.Original = original;
        resource.Answer(request.Psn, 0, 0);
        return RequestFault.None;
    }

    // R-RESP-24: a READ counts as a message when it is accepted, an atomic when it is executed.
    private ref ResponderResource Remember(ResponderResourceKind kind, Psn first, Psn last)
    {
        ref var resource = ref _state.Resources.Add();
        (resource.Kind, resource.First, resource.Last) = (kind, first, last);
        _state.Msn = _state.Msn.Next;
        _state.Expecting = FollowerGroup.Start;
        Expect(last.Next);
        return ref resource;
    }

    private void Accept(in PacketView request, OpcodeTraits traits)
    {
        _state.AckPsn = request.Psn.Next;
        _state.Expecting = traits.Followers;
        // R-RESP-32: what asks for an acknowledgement gets one; one may cover several.
        if (request.AckRequest)
        {
            if (_state.IsAckOwed) _scope.Counters.AckDeferred++;
            _state.IsAckOwed = true;
        }

        Expect(_state.AckPsn);
    }

    // R-RESP-1. A NAK that has not left yet is withdrawn, unless packets dropped behind the gap are still missing.
    private void Expect(Psn next)
    {
        _state.ExpectedPsn = next;
        if (_state.IsAwaitingExpected)
        {
            var stillMissing = _state.HasGap && _state.Nak != PendingNak.None && !_state.GapEnd.IsBefore(next);
            _state.Nak = stillMissing ? PendingNak.Sequence : PendingNak.None;
            (_state.IsAwaitingExpected, _state.HasGap) = (stillMissing, stillMissing);
        }

        if (_state.IsEstablished) return;
        _state.IsEstablished = true;
        // R-RESP-48: the first valid packet in RTR.
        if (_scope.State == QueuePairState.ReadyToReceive) _scope.Host.Raise(AsyncEventType.CommunicationEstablished);
    }

    private void Complete(in PacketView request, OpcodeTraits traits, WorkCompletionOpcode opcode, uint length)
    {
        var completion = new WorkCompletion
        {
            Opcode = opcode,
            ByteLength = length,
            SourceQueuePair = _scope.Settings.DestinationQueuePair,
        };
        if (traits.Has(HeaderLayout.ImmDt))
            completion = completion with { Flags = WorkCompletionFlags.WithImmediate, Immediate = request.ImmDt.Value };
        else if (traits.Has(HeaderLayout.Ieth))
            completion = completion with { Flags = WorkCompletionFlags.WithInvalidate, InvalidatedKey = request.Ieth.RemoteKey };
        _scope.Counters.RdmaReceives++;
        _state.Receive.Complete(completion, request.Solicited);
    }

    // responder.md section 10: NAK, completion or event, ERR.
    private DropReason Refuse(RequestFault fault)
    {
        ref readonly var row = ref RequestFaultTraits.Of(fault);
        _state.IsClosing = true;
        if (row.Nak is { } code)
            (_state.Nak, _state.FatalCode, _state.FatalPsn) = (PendingNak.Fatal, code, _state.ExpectedPsn);
        var attached = _state.Receive.IsActive;
        if (attached) _state.Receive.Fail(row.Status);
        _scope.Faults.EnterError(attached ? null : row.Event);
        return row.Drop;
    }
}
