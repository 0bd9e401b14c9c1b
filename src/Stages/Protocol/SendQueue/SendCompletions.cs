using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>Completes send work requests: each exactly once, in post order (R-REQ-28).</summary>
internal sealed class SendCompletions(QueuePairScope scope, SendQueueState state)
{
    /// <summary>
    /// Completes every work request of which all PSNs are acknowledged, and the oldest of those left when it is one that cannot go on
    /// (R-REQ-46).
    /// </summary>
    public void CompleteAcknowledged()
    {
        while (!state.IsDrained)
        {
            ref readonly var oldest = ref state.MessageAt(state.Oldest);
            if (oldest.Fault != WorkCompletionStatus.Success)
            {
                Fail(state.Oldest, oldest.Fault);
                return;
            }

            // Steps from its first PSN, because a READ may take half of all PSNs, where "before" loses its meaning.
            if (state.Unacknowledged.StepsFrom(oldest.First) < oldest.End.StepsFrom(oldest.First)) break;
            Complete(WorkCompletionStatus.Success);
        }

        TellDrained();
    }

    /// <summary>
    /// Completes a started work request with an error and takes the queue pair to ERR, or to SQE where the type has it, which flushes the
    /// later ones (R-REQ-47, R-CQ-17). Earlier ones are still there only when the answer with their data was lost: their outcome is
    /// unknown, so they are flushed.
    /// </summary>
    public void Fail(long index, WorkCompletionStatus status)
    {
        scope.Faults.MarkSendError();
        while (state.Oldest < index) Complete(WorkCompletionStatus.WorkRequestFlushedError);
        // A completion queue that overran has flushed all of them meanwhile.
        if (state.Oldest == index) Complete(status);
        scope.Faults.EnterSendError();
    }

    /// <summary>
    /// Completes everything that is posted (R-REQ-52, R-CQ-18), the first with a status of its own when a fault outside the protocol is to
    /// be told.
    /// </summary>
    public void Flush(WorkCompletionStatus first = WorkCompletionStatus.WorkRequestFlushedError)
    {
#if CANARY_LOST_FLUSH
        if (state.Ring.IsPublished(state.Oldest))
#else
        while (state.Ring.IsPublished(state.Oldest))
#endif
        {
            Complete(first);
            first = WorkCompletionStatus.WorkRequestFlushedError;
        }
    }

    /// <summary>Raises SQ_DRAINED once when SQD was entered and nothing is on the way any more (R-REQ-49).</summary>
    public void TellDrained()
    {
        if (!state.IsDraining || !state.IsDrained) return;
        state.IsDraining = false;
        if (state.TellsDrained) scope.Host.Raise(AsyncEventType.SendQueueDrained);
    }

    private void Tell(in SendWqe request, WorkCompletionStatus status)
    {
        if (scope.Tracing.Observer is null) return;
        scope.Tracing.SendEnded(state.MessageAt(state.Oldest), request, state.Oldest, status, isStarted: !state.IsDrained, state);
    }

    private void Complete(WorkCompletionStatus status)
    {
        ref readonly var request = ref state.Ring.Slot(state.Oldest);
        var operation = scope.Operations.Find(request.Opcode);
        var isError = status != WorkCompletionStatus.Success;
        // R-CQ-12: an error always makes a completion.
        var tells = isError || scope.Context.SignalAll || (request.Flags & SendFlags.Signaled) != 0;
        var completion = new WorkCompletion
        {
            WorkRequestId = request.WorkRequestId,
            Status = status,
            Opcode = operation?.CompletionOpcode ?? default,
            QueuePairNumber = scope.Context.Number,
            ByteLength = request.Length,
        };
        if (!isError && operation!.CompletionOpcode == WorkCompletionOpcode.Send) scope.Counters.RdmaSends++;
        scope.Counters.CountEnd(OperationIndex.Of(request.Opcode), status);
        if (request.PostedAt != 0) scope.Host.WorkRequestEnded(request.Opcode, status, request.PostedAt);
#if CANARY_UNTOLD_END
        if (isError) Tell(request, status);
#else
        if (isError || state.MessageAt(state.Oldest).IsTraced) Tell(request, status);
#endif
        // The slot is free before the completion can be seen, so that who polls it may post at once (R-CQ-3).
        state.RetireOldest();
        // R-CQ-5: on the send side only errors count as solicited.
        if (tells) scope.CompleteSend(completion, solicited: isError);
#if CANARY_DOUBLE_COMPLETION
        if (tells && request.Opcode == SendOpcode.RdmaRead) scope.CompleteSend(completion, solicited: isError);
#endif
    }
}
