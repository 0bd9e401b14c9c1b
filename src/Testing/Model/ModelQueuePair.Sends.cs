using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <content>Completions of sends.</content>
public sealed partial class ModelQueuePair
{
    // R-REQ-33: answers that are missing before a request that is refused never come: theirs and those behind them flush before that one.
    private bool _mayStillTellCause = true;

    private bool IsFlushing => HasFailed || IsAbandoned || MayFailByPeer;

    /// <summary>A send completed.</summary>
    /// <param name="completion">What was polled.</param>
    /// <exception cref="ModelViolationException">It cannot have.</exception>
    public void CompleteSend(in WorkCompletion completion)
    {
        var operation = Advance(completion);
        if (completion.IsSuccess)
        {
            // R-CQ-17: once one has failed the later ones flush.
            Require(!HasFailed, $"completed {operation} with success after one had failed");
            Require(operation.IsSignaled, $"completed {operation}, which asked for no completion");
            CheckSuccess(operation, completion);
            Succeed(operation);
            return;
        }

        Require(MayEndWith(operation, completion.Status), $"completed {operation} with {completion.Status}");
        Fail(operation, completion.Status);
    }

    /// <summary>The oldest one that can be meant: those before it asked for no completion and have succeeded (R-CQ-14, R-REQ-47).</summary>
    private ModelOperation Advance(in WorkCompletion completion)
    {
        while (_completed < _sends.Count)
        {
            var operation = _sends[_completed++];
            if (operation.Request.WorkRequestId == completion.WorkRequestId) return operation;
            Require(!operation.IsSignaled && !HasFailed, $"completed send {completion.WorkRequestId} before {operation}");
            Succeed(operation);
        }

        throw new ModelViolationException(
            $"queue pair {QueuePair.Number:x} of {Device.Name} completed send {completion.WorkRequestId}, which is not outstanding");
    }

    private void Succeed(ModelOperation operation)
    {
        Require(operation.MayPassLocally, $"completed {operation} with success, but its own memory cannot be used so");
        Require(!operation.MayNotBind, $"completed {operation} with success, but its region allows no windows");
        if (!operation.IsLocal) CheckAccepted(operation);
        if (IsReliable) ExecuteUpTo(operation.Index);
        operation.Succeed();
    }

    /// <summary>The peer must have been able to accept it (responder.md 4).</summary>
    private void CheckAccepted(ModelOperation operation)
    {
        if (!IsReliable || Peer is null) return;
        Require(operation.MayPassRemotely, $"completed {operation} with success, but the peer's memory cannot be used so");
        Require((operation.NeededOfQueuePair & ~Peer.Access) == 0, $"completed {operation} with success, but the peer does not permit it");
        if (!operation.TakesReceive || Peer.Receives is not { IsShared: false } receives) return;
        var receive = receives.At(operation.MessageIndex);
        Require(receive is not null, $"completed {operation} with success, but the peer has no receive for it");
        Require(!operation.IsSend || receive!.Capacity >= operation.Length, $"completed {operation} with success, but it is too long");
    }

    private void Fail(ModelOperation operation, WorkCompletionStatus status)
    {
        var isFlush = status == WorkCompletionStatus.WorkRequestFlushedError;
        if (!isFlush) _owesCause = false;
        else if (!IsFlushing) _owesCause = true;
        var isRefused = status is WorkCompletionStatus.RemoteAccessError or WorkCompletionStatus.RemoteInvalidRequestError
            or WorkCompletionStatus.RemoteOperationError;
        _mayStillTellCause &= isFlush && (HasFailed || operation.AwaitsData);
        HasFailed = true;
        operation.Fail(isRefused);
        var state = QueuePair.State;
        Require(state is QueuePairState.Error or QueuePairState.SendQueueError or QueuePairState.Reset,
            $"completed {operation} with {status} and is in {state}");
        // responder.md 10: whoever refuses a request goes to ERR.
        if (isRefused && Peer is { IsAbandoned: false })
            Require(Peer.QueuePair.State == QueuePairState.Error, $"was refused {operation}, but the peer is in {Peer.QueuePair.State}");
    }

    private bool MayEndWith(ModelOperation operation, WorkCompletionStatus status)
    {
        if (status == WorkCompletionStatus.WorkRequestFlushedError) return IsFlushing || (IsReliable && operation.AwaitsData);
        if (!_mayStillTellCause) return false;
        if (status == WorkCompletionStatus.LocalProtectionError) return operation.MayFailLocally;
        if (status == WorkCompletionStatus.MemoryWindowBindError) return operation.MayNotBind;
        if (!IsReliable || operation.IsLocal || Peer is null) return false;
        return status switch
        {
            WorkCompletionStatus.RemoteAccessError => operation.MayFailRemotely,
            WorkCompletionStatus.RemoteInvalidRequestError =>
                (operation.NeededOfQueuePair & ~Peer.Access) != 0 || Peer.IsTooLong(operation),
            WorkCompletionStatus.RemoteOperationError => operation.TakesReceive && Peer.MayHaveBadReceive,
            WorkCompletionStatus.RetryExceededError => MayStayUnanswered(operation),
            WorkCompletionStatus.RnrRetryExceededError => _rules.MayLackReceives && operation.TakesReceive,
            _ => false,
        };
    }

    /// <summary>Its answers may stay away (R-REQ-40). A refusal is an answer, and is sent once (R-RESP-35).</summary>
    private bool MayStayUnanswered(ModelOperation operation)
    {
        // R-RESP-18: a READ whose answer is as good as lost is asked for again; when its key has ended since, there is silence.
        if (_rules.MayLoseAnswers && operation is { Request.Opcode: SendOpcode.RdmaRead, MayPassRemotely: true }) return true;
        if (_rules.LosesNothing && Peer!.MayBeRefused(operation)) return Peer.IsAbandoned || Peer.HasFailed || Peer._hasFailedReceive;
        return _rules.MayLoseAnswers || Peer!._hasFailedReceive || Peer.IsFlushing;
    }

    /// <summary>It may end with an error, and its completion may be seen after what comes of that.</summary>
    private bool MayFail(ModelOperation operation) => Enum.GetValues<WorkCompletionStatus>()
        .Where(status => status is not (WorkCompletionStatus.Success or WorkCompletionStatus.WorkRequestFlushedError))
        .Any(status => MayEndWith(operation, status));

    private void CheckSuccess(ModelOperation operation, in WorkCompletion completion)
    {
        var opcode = operation.Request.Opcode switch
        {
            SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate => WorkCompletionOpcode.RdmaWrite,
            SendOpcode.RdmaRead => WorkCompletionOpcode.RdmaRead,
            SendOpcode.CompareAndSwap => WorkCompletionOpcode.CompareAndSwap,
            SendOpcode.FetchAndAdd => WorkCompletionOpcode.FetchAndAdd,
            SendOpcode.BindMemoryWindow => WorkCompletionOpcode.BindMemoryWindow,
            SendOpcode.LocalInvalidate => WorkCompletionOpcode.LocalInvalidate,
            SendOpcode.RegisterMemoryRegion => WorkCompletionOpcode.RegisterMemoryRegion,
            SendOpcode.Flush => WorkCompletionOpcode.Flush,
            SendOpcode.AtomicWrite => WorkCompletionOpcode.AtomicWrite,
            _ => WorkCompletionOpcode.Send,
        };
        Require(completion.Opcode == opcode, $"completed {operation} as {completion.Opcode}");
        if (operation.IsAtomic || operation.Request.Opcode == SendOpcode.RdmaRead)
            Require(completion.ByteLength == operation.Length, $"completed {operation} with {completion.ByteLength} bytes");
    }

    /// <summary>The peer has executed its requests up to one: they were executed in order (R-REQ-31).</summary>
    private void ExecuteUpTo(int index)
    {
        for (; _executed <= index; _executed++) _sends[_executed].Execute();
    }
}
