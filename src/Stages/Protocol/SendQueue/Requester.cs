using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// Turns send work requests into request packets, new ones and repeated ones, in PSN order (requester.md sections 3 to 7).
/// </summary>
internal sealed class Requester
{
    private readonly QueuePairScope _scope;
    private readonly SendQueueState _state;
    private readonly RetryPolicy _retry;
    private readonly StartGate _gate;
    private readonly AckRequestPolicy _ackRequests;
    private readonly Segmenter _segmenter;
    private readonly SendCompletions _completions;
    private readonly LocalOperations _local;

    public Requester(QueuePairScope scope, SendQueueState state, RetryPolicy retry, SendCompletions completions)
    {
        (_scope, _state, _retry, _completions) = (scope, state, retry, completions);
        _gate = new StartGate(scope, state);
        _ackRequests = new AckRequestPolicy(scope, state, _gate);
        _segmenter = new Segmenter(scope, state, _ackRequests);
        _local = new LocalOperations(scope);
    }

    /// <summary>Whether <see cref="Poll"/> would give a packet or complete a work request.</summary>
    public bool HasWork
    {
        get
        {
            if (_retry.IsWaitingForReceiver) return false;
            TakeRewind();
            return _state.Transmit.IsAtEnd ? _gate.MayStart(_state.Started) : MaySendStarted();
        }
    }

    private bool IsSending => _scope.State is QueuePairState.ReadyToSend or QueuePairState.SendQueueDrained;

    /// <summary>Builds the next packet.</summary>
    /// <param name="packet">A writer with room for every header and as many payload references as a work request may have entries.</param>
    /// <param name="now">The time it is taken to be sent at.</param>
    /// <returns>False when nothing may be sent now; what the writer holds then means nothing.</returns>
    public bool Poll(ref PacketWriter packet, Instant now)
    {
        if (!TryPoll(ref packet, now))
        {
            var hold = FindHold();
            if (hold != SendHold.None || _state.Holds.IsRunning) _state.Holds.Hold(hold, now, _scope.Counters);
            return false;
        }

        if (_state.Holds.IsRunning) _state.Holds.Hold(SendHold.None, now, _scope.Counters);
        return true;
    }

    private bool TryPoll(ref PacketWriter packet, Instant now)
    {
        if (_retry.IsWaitingForReceiver || !IsSending) return false;
        // One that could not start may leave packets to be sent again (R-REQ-14).
        if (!IsPacketDue(now) && !(_state.IsRewindDue && IsPacketDue(now))) return false;
        var isRepeated = _state.Transmit.IsBehind;
        var (index, psn) = (_state.Transmit.Index, _state.Transmit.Psn);
        if (!TryBuild(ref packet)) return false;
        _retry.Sent(now);
        _scope.Counters.SentRequests++;
        Measure(psn, isRepeated, now);
        if (isRepeated || _state.MessageAt(index).IsTraced) Tell(index, psn, isRepeated, now);
        return true;
    }

    private void Measure(Psn psn, bool isRepeated, Instant now)
    {
        if (isRepeated)
        {
            _scope.Counters.Retransmissions.Count((int)_retry.Reason);
            _state.RoundTrip.Cancel();
        }
        else if (_state.WithoutAckRequest == 0 && _scope.IsReliable)
        {
            _state.RoundTrip.Sent(psn, now);
        }
    }

    // What is to be sent and is not; asked only when nothing was.
    private SendHold FindHold()
    {
        if (!IsSending) return SendHold.None;
        if (_retry.IsWaitingForReceiver) return SendHold.ReceiverNotReady;
        if (_state.Transmit.IsAtEnd) return _gate.FindHold(_state.Started);
        return _state.MessageAt(_state.Transmit.Index).Fault == WorkCompletionStatus.Success ? SendHold.Window : SendHold.None;
    }

    private void Tell(long index, Psn psn, bool isRepeated, Instant now)
    {
        if (isRepeated) _scope.Tracing.Observer?.PacketRepeated(index, psn.Value, _retry.Reason, now);
        else _scope.Tracing.Observer?.PacketBuilt(index, psn.Value);
    }

    private bool IsPacketDue(Instant now)
    {
        TakeRewind();
        return _state.Transmit.IsAtEnd ? TryStartNext(now) : MaySendStarted();
    }

    private void TakeRewind()
    {
        if (_state.IsRewindDue) _state.Transmit.Rewind();
    }

    // R-REQ-45: what was sent before goes first and needs no room in the window.
    private bool MaySendStarted() =>
        _state.MessageAt(_state.Transmit.Index).Fault == WorkCompletionStatus.Success
        && (_state.Transmit.IsBehind || _gate.IsWindowOpen);

    // Executes what needs no packet on the way, so that false means that nothing can be sent until something happens.
    private bool TryStartNext(Instant now)
    {
        while (_gate.MayStart(_state.Started))
        {
            if (!TryStart(now, out var isLocal)) return false;
            if (!isLocal) return true;
        }

        return false;
    }

    private bool TryStart(Instant now, out bool isLocal)
    {
        var index = _state.Started;
        ref readonly var request = ref _state.Ring.Slot(index);
        var operation = _scope.Operations.Find(request.Opcode);
        isLocal = operation is { IsLocal: true };
        var fault = operation is null ? WorkCompletionStatus.LocalQueuePairOperationError
            : isLocal ? _local.Execute(request)
            : _segmenter.IsMemoryAccessible(index, request, operation) ? WorkCompletionStatus.Success
            : WorkCompletionStatus.LocalProtectionError;
        if (fault != WorkCompletionStatus.Success) _state.StartFaulty(fault);
        else if (isLocal) _state.StartLocal(operation!);
        else Start(operation!, request.Length, now);
        // R-REQ-28: what needs no answer is done when all before it is, and so is what failed (R-REQ-46).
        if (isLocal || fault != WorkCompletionStatus.Success) _completions.CompleteAcknowledged();
        return fault == WorkCompletionStatus.Success;
    }

    private void Start(SendOperation operation, uint length, Instant now)
    {
        var prefix = _scope.Tracing.PrefixOf(operation);
        _state.Start(operation, length + prefix, Segmenter.CountPsns(length + prefix, _state.PathMtuShift), now, prefix);
    }

    private bool TryBuild(ref PacketWriter packet)
    {
        var index = _state.Transmit.Index;
        ref var message = ref _state.MessageAt(index);
        ref readonly var request = ref _state.Ring.Slot(index);
        switch (message.Operation.Kind)
        {
            case SendOperationKind.Read:
                _segmenter.BuildRead(ref packet, ref message, request);
                return true;
            case SendOperationKind.Atomic:
                _segmenter.BuildAtomic(ref packet, ref message, request);
                return true;
            case SendOperationKind.Flush:
                _segmenter.BuildFlush(ref packet, ref message, request);
                return true;
            default:
                if (_segmenter.TryBuildData(ref packet, ref message, request)) return true;
                _state.SetFault(index, WorkCompletionStatus.LocalProtectionError);
                _completions.CompleteAcknowledged();
                return false;
        }
    }
}
