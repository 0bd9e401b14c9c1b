using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <content>The ways into ERR and SQE: first the state, so that nobody finds another one behind a completion, then the flush.</content>
public abstract partial class QueuePairMachine
{
    private bool _isErrorFlushDue;
    private bool _isSendFlushDue;

    /// <summary>The state a send work request leads to when it fails on this side: SQE for types that have it (R-REQ-51).</summary>
    private protected virtual QueuePairState StateAfterSendError => QueuePairState.Error;

    private bool IsFlushingSends => Scope.State is QueuePairState.Error or QueuePairState.SendQueueError;

    /// <summary>
    /// Takes the queue pair to ERR because of a fault outside the protocol, flushes both queues and raises QP_FATAL. No effect in RESET
    /// and ERR.
    /// </summary>
    /// <param name="firstStatus">The status of the oldest send work request; the others are flushed.</param>
    /// <param name="now">The time.</param>
    public Work Fail(WorkCompletionStatus firstStatus, Instant now)
    {
        Sends.Holds.Advance(now, Counters);
        EnterError(AsyncEventType.QueuePairFatal, firstStatus);
        return Work.None;
    }

    void IQueuePairFaultHandler.MarkError() => MarkError();

    void IQueuePairFaultHandler.EnterError(AsyncEventType? raise) => EnterError(raise, WorkCompletionStatus.WorkRequestFlushedError);

    void IQueuePairFaultHandler.MarkSendError()
    {
        if (StateAfterSendError == QueuePairState.Error) MarkError();
        else if (Scope.State is QueuePairState.ReadyToSend or QueuePairState.SendQueueDrained) _isSendFlushDue = Mark(StateAfterSendError);
    }

    void IQueuePairFaultHandler.EnterSendError()
    {
        if (StateAfterSendError == QueuePairState.Error) EnterError(null, WorkCompletionStatus.WorkRequestFlushedError);
        else if (_isSendFlushDue) FlushSends(WorkCompletionStatus.WorkRequestFlushedError);
    }

    /// <summary>Completes what was posted to the send queue in ERR or SQE (R-CQ-19).</summary>
    private protected void FlushPosted()
    {
        if (IsFlushingSends) Completions.Flush();
    }

    private void EnterError(AsyncEventType? raise, WorkCompletionStatus firstStatus)
    {
        MarkError();
        if (!_isErrorFlushDue) return;
        _isErrorFlushDue = false;
        StopTimers();
        FlushSends(firstStatus);
        FlushReceives();
        if (raise is { } type) Scope.Host.Raise(type);
        // R-RESP-40, R-CQ-20: after the receive in use has completed; once, as ERR is entered once.
        if (Scope.Context.SharesReceives) Scope.Host.Raise(AsyncEventType.LastWorkRequestReached);
    }

    private void FlushSends(WorkCompletionStatus firstStatus)
    {
        _isSendFlushDue = false;
        Sends.IsDraining = false;
        Completions.Flush(firstStatus);
    }

    private void MarkError()
    {
        if (Scope.State is not (QueuePairState.Reset or QueuePairState.Error)) _isErrorFlushDue = Mark(QueuePairState.Error);
    }

    private bool Mark(QueuePairState state)
    {
        Scope.Context.State = state;
        Sends.Holds.Stop();
        // A post that did not see the state is seen by the flush: posting has the same fence between its store and its look at the state.
        Interlocked.MemoryBarrier();
        // R-CQ-23, R-REQ-52: nothing that leaves later may be made of memory that a flush gives back.
        Scope.Host.ReleaseMemory();
        return true;
    }
}
