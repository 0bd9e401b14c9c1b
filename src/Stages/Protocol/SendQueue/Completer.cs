using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// Takes the responses of the peer and the timers: acknowledges, completes, retries, fails (requester.md sections 8 to 10).
/// </summary>
internal sealed class Completer(QueuePairScope scope, SendQueueState state, RetryPolicy retry, SendCompletions completions)
{
    private readonly DataResponses _data = new(scope, state);

    private bool IsTaking => scope.State is QueuePairState.ReadyToSend or QueuePairState.SendQueueDrained;

    /// <summary>Takes one response packet that passed admission.</summary>
    /// <param name="response">The packet; its payload is copied before this returns.</param>
    /// <param name="now">When it was received.</param>
    /// <returns><see cref="DropReason.None"/> when it was used.</returns>
    public DropReason Receive(in PacketView response, Instant now)
    {
        // An earlier packet of the burst may have taken the queue pair to ERR after this one was admitted.
        if (!IsTaking) return DropReason.QpState;
        if (!state.IsOutstanding(response.Psn)) return ReceiveGhost(response);
        return response.Traits.Operation == PacketOperation.Acknowledge
            ? ReceiveAcknowledge(response.Aeth, response.Psn, now)
            : ReceiveData(response, now);
    }

    /// <summary>Looks at both timers (R-REQ-40, R-REQ-42).</summary>
    public void HandleDeadline(Instant now)
    {
        if (retry.IsWaitingForReceiver) retry.EndWait(now);
        else if (retry.HasExpired(now)) TimeOut();
    }

    // R-REQ-32: no effect on timers or counts. The newest ACK, sent again with more credits, is heard (R-REQ-16).
    private DropReason ReceiveGhost(in PacketView response)
    {
        if (response.Traits.Has(HeaderLayout.Aeth) && response.Psn == state.Unacknowledged.Previous) state.Credits.Raise(response.Aeth);
        return DropReason.StaleAck;
    }

    private DropReason ReceiveAcknowledge(Aeth aeth, Psn psn, Instant now) => aeth.Kind switch
    {
        AethKind.Ack => ReceiveAck(aeth, psn, now),
        AethKind.RnrNak => ReceiveReceiverNotReady(psn, aeth.Code, now),
        AethKind.Nak => ReceiveNak(psn, aeth.NakCode, now),
        // R-REQ-33: a reserved type is dropped.
        _ => DropReason.BadHeader,
    };

    private DropReason ReceiveAck(Aeth aeth, Psn psn, Instant now)
    {
        state.Credits.Update(aeth);
        var oldest = state.Oldest;
        // R-REQ-33: an ACK beyond data that did not come is an implied NAK for them.
        if (AcknowledgeBefore(psn.Next, now)) RetryImplied();
        scope.Counters.AcksReceived.Count(state.Oldest - oldest > 1 ? 1 : 0);
        return DropReason.None;
    }

    private DropReason ReceiveReceiverNotReady(Psn psn, int timerCode, Instant now)
    {
        scope.Counters.NaksReceived.Count(NakIndex.ReceiverNotReady);
        if (retry.IsWaitingAt(psn)) return DropReason.Duplicate;
        scope.Tracing.Observer?.ReceiverAwaited(state.IndexOf(psn), psn.Value, RnrTimer.ToNanoseconds(timerCode), now);
        var isDataMissing = AcknowledgeBefore(psn, now);
        if (!IsTaking) return DropReason.None;
        if (isDataMissing) RetryImplied();
        if (!IsTaking) return DropReason.None;
        if (retry.TryWaitForReceiver(psn, timerCode, now))
        {
            state.Holds.Hold(SendHold.ReceiverNotReady, now, scope.Counters);
            return DropReason.None;
        }

        scope.Counters.RnrRetryExceeded++;
        completions.Fail(state.IndexOf(psn), WorkCompletionStatus.RnrRetryExceededError);
        return DropReason.None;
    }

    private DropReason ReceiveNak(Psn psn, NakCode code, Instant now)
    {
        if (code == NakCode.PsnSequenceError) return ReceiveSequenceError(psn, now);
        var status = StatusOf(code);
        // R-REQ-33: NAK 4 and reserved codes are dropped.
        if (status == WorkCompletionStatus.Success) return DropReason.BadHeader;
        scope.Counters.NaksReceived.Count(NakIndex.Of(code));
        scope.Tracing.Observer?.NakReceived(state.IndexOf(psn), psn.Value, code, now);
        AcknowledgeBefore(psn, now);
        if (IsTaking) completions.Fail(state.IndexOf(psn), status);
        return DropReason.None;
    }

    private DropReason ReceiveSequenceError(Psn psn, Instant now)
    {
        scope.Counters.NaksReceived.Count(NakIndex.Of(NakCode.PsnSequenceError));
        scope.Tracing.Observer?.NakReceived(state.IndexOf(psn), psn.Value, NakCode.PsnSequenceError, now);
        AcknowledgeBefore(psn, now);
        if (IsTaking) Retry(RetransmitReason.SequenceNak);
        return DropReason.None;
    }

    private DropReason ReceiveData(in PacketView response, Instant now)
    {
        var index = state.OldestAwaiting();
        var psn = response.Psn;
        // Not the answer to anything that awaits data: R-REQ-33, last READ RESP row.
        if (index < 0 || IsBefore(psn, ExpectedPsn(index))) return FailResponse(state.IndexOf(psn));
        AcknowledgeBefore(ExpectedPsn(index), now);
        if (!IsTaking) return DropReason.None;
        if (psn != state.Unacknowledged)
        {
            RetryImplied();
            return DropReason.OutOfSequence;
        }

        return Place(response, index, now);
    }

    private DropReason Place(in PacketView response, long index, Instant now)
    {
        var verdict = _data.Place(response, index, out var isComplete);
        if (verdict == WorkCompletionStatus.BadResponseError) return FailResponse(index);
        if (verdict != WorkCompletionStatus.Success)
        {
            completions.Fail(index, verdict);
            return DropReason.MrViolation;
        }

        if (response.Traits.Has(HeaderLayout.Aeth)) state.Credits.Update(response.Aeth);
        if (state.MessageAt(index).IsTraced) scope.Tracing.Observer?.DataPlaced(index);
        if (isComplete) state.SetDataComplete(index);
        Advance(response.Psn.Next, now);
        return DropReason.None;
    }

    private DropReason FailResponse(long index)
    {
        completions.Fail(index, WorkCompletionStatus.BadResponseError);
        return DropReason.BadOpcode;
    }

    /// <summary>Acknowledges all PSNs before a bound, but never past data that are still to come (R-REQ-33, R-REQ-36).</summary>
    /// <returns>Whether data are missing of a work request that lies wholly before the bound: an implied NAK.</returns>
    private bool AcknowledgeBefore(Psn bound, Instant now)
    {
        var awaiting = state.OldestAwaiting();
        if (awaiting < 0 || IsBefore(bound, ExpectedPsn(awaiting)))
        {
            Advance(bound, now);
            return false;
        }

        var isDataMissing = !IsBefore(bound, state.MessageAt(awaiting).End);
        Advance(ExpectedPsn(awaiting), now);
        return isDataMissing && IsTaking;
    }

    /// <summary>The PSN of the next response of the oldest work request that awaits data.</summary>
    private Psn ExpectedPsn(long awaiting) =>
        awaiting == state.Oldest ? state.Unacknowledged : state.MessageAt(awaiting).First;

    private bool IsBefore(Psn left, Psn right) => left.StepsFrom(state.Unacknowledged) < right.StepsFrom(state.Unacknowledged);

    private void Advance(Psn unacknowledged, Instant now)
    {
        if (unacknowledged == state.Unacknowledged) return;
        // What is being sent again and is acknowledged meanwhile need not be sent.
        if (IsBefore(state.Transmit.Psn, unacknowledged)) state.IsRewindDue = true;
        state.Unacknowledged = unacknowledged;
        if (state.RoundTrip.Acknowledged(unacknowledged, now) is >= 0 and var took) scope.Host.RoundTripMeasured(took);
        retry.Progress(now);
        completions.CompleteAcknowledged();
    }

    private void TimeOut()
    {
        scope.Counters.AckTimeouts++;
        Retry(RetransmitReason.Timeout);
    }

    private void RetryImplied()
    {
        scope.Counters.ImpliedNaks++;
        Retry(RetransmitReason.ImpliedNak);
    }

    private void Retry(RetransmitReason reason)
    {
        // R-REQ-42: what happens during the wait for the receiver neither ends it nor costs a retry; all is sent again after it.
        if (retry.IsWaitingForReceiver || retry.TryStartPass(reason)) return;
        scope.Counters.RetryExceeded++;
        completions.Fail(state.Oldest, WorkCompletionStatus.RetryExceededError);
    }

    private static WorkCompletionStatus StatusOf(NakCode code) => code switch
    {
        NakCode.InvalidRequest => WorkCompletionStatus.RemoteInvalidRequestError,
        NakCode.RemoteAccessError => WorkCompletionStatus.RemoteAccessError,
        NakCode.RemoteOperationalError => WorkCompletionStatus.RemoteOperationError,
        _ => WorkCompletionStatus.Success,
    };
}
