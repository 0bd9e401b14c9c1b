using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <content>Completions of receives.</content>
public sealed partial class ModelQueuePair
{
    private readonly Dictionary<ModelReceiveQueue, int> _lastTaken = [];
    private int _received;
    private bool _hasFailedReceive;

    /// <summary>Messages of the peer that may still arrive.</summary>
    internal IEnumerable<ModelOperation> Awaited => Peer is null ? [] : IsReliable ? Peer._messages.Skip(_received) : Peer._messages;

    /// <summary>It may answer no more.</summary>
    internal bool IsDown => _hasFailedReceive || IsFlushing || _sends.Skip(_completed).Any(MayFail);

    /// <summary>A receive completed.</summary>
    /// <param name="completion">What was polled.</param>
    /// <param name="queue">Of XRC the shared receive queue, else null.</param>
    /// <exception cref="ModelViolationException">It cannot have.</exception>
    public void CompleteReceive(in WorkCompletion completion, ModelReceiveQueue? queue = null)
    {
        queue ??= Receives!;
        var receive = queue.Take(completion);
        CheckOrder(queue, receive);
        if (!completion.IsSuccess)
        {
            FailReceive(completion, receive);
            return;
        }

        Require(!_hasFailedReceive, $"completed receive {receive.Index} with success after one had failed");
        var message = IsReliable ? NextMessage(receive) : FindMessage(completion, receive);
        Require(receive.MayPass || !message.IsSend || message.Length == 0,
            $"completed receive {receive.Index} with success, but its memory cannot be used so");
        Require(IsAsTold(message, completion), $"completed receive {receive.Index} as {completion}, but the message is {message}");
        Require(!message.IsSend || receive.Capacity >= Header + message.Length, $"took {message} into {receive.Capacity} bytes");
        Require(!message.MayNotInvalidate, $"completed {message} with success, but it cannot invalidate that key");
        Deliver(message, receive);
    }

    /// <summary>The message that takes the receive of an index, when it is posted.</summary>
    internal ModelOperation? Awaits(int index) => Peer is not null && index < Peer._messages.Count ? Peer._messages[index] : null;

    private int Header => IsDatagram ? GlobalRouteHeader.Length : 0;

    // R-CQ-16: those of a queue of its own complete in order; of a shared one a queue pair takes them in order.
    private void CheckOrder(ModelReceiveQueue queue, ModelReceive receive)
    {
        var last = _lastTaken.GetValueOrDefault(queue, -1);
        Require(queue.IsShared ? receive.Index > last : receive.Index == last + 1, $"completed receive {receive.Index} after {last}");
        _lastTaken[queue] = receive.Index;
    }

    private ModelOperation NextMessage(ModelReceive receive)
    {
        Require(_received < Peer!._messages.Count, $"completed receive {receive.Index}, but was sent only {_received} messages");
        return Peer._messages[_received++];
    }

    // A service that loses messages does not say which one this is; its contents do.
    private ModelOperation FindMessage(in WorkCompletion completion, ModelReceive receive)
    {
        foreach (var message in Peer!._messages)
        {
            if (message.Deliveries == _rules.Copies || !IsAsTold(message, completion) || !IsIn(message, receive)) continue;
            message.Deliveries++;
            return message;
        }

        throw new ModelViolationException(
            $"queue pair {QueuePair.Number:x} of {Device.Name} completed receive {receive.Index} as {completion}: no message is like that");
    }

    private bool IsAsTold(ModelOperation message, in WorkCompletion completion)
    {
        var flags = (message.HasImmediate ? WorkCompletionFlags.WithImmediate : 0)
            | (message.Request.Opcode == SendOpcode.SendWithInvalidate ? WorkCompletionFlags.WithInvalidate : 0);
        return completion.Opcode == (message.IsSend ? WorkCompletionOpcode.Receive : WorkCompletionOpcode.ReceiveRdmaWithImmediate)
            && completion.ByteLength == message.Length + (message.IsSend ? Header : 0)
            && (completion.Flags & (WorkCompletionFlags.WithImmediate | WorkCompletionFlags.WithInvalidate)) == flags
            && (!message.HasImmediate || completion.Immediate == message.Request.Immediate)
            && ((flags & WorkCompletionFlags.WithInvalidate) == 0 || completion.InvalidatedKey == message.Request.InvalidateKey);
    }

    private bool IsIn(ModelOperation message, ModelReceive receive)
    {
        if (!message.IsSend) return true;
        var found = receive.Pieces.SelectMany(piece => piece.Memory.Actual(piece.Offset, piece.Length).ToArray()).Skip(Header);
        return found.Take(message.Payload.Length).SequenceEqual(message.Payload);
    }

    // R-CQ-23: the data of the message, and of everything before it, are there.
    private void Deliver(ModelOperation message, ModelReceive receive)
    {
        if (message.Request.Opcode == SendOpcode.SendWithInvalidate) message.EndInvalidation();
        if (!IsReliable)
        {
            // What was lost half way may have left its traces behind this message.
            receive.Arrival!.Adopt();
            return;
        }

        if (receive.Arrival is { } arrival) arrival.Settle(message.IsSend ? message.Payload : [], message);
        Peer!.ExecuteUpTo(message.Index);
    }

    private void FailReceive(in WorkCompletion completion, ModelReceive receive)
    {
        Require(MayEndWith(receive, completion.Status), $"completed receive {receive.Index} with {completion.Status}");
        _hasFailedReceive = true;
        if (receive.Arrival is { } arrival) arrival.Adopt();
        else if (Awaits(receive.Index) is { } message) message.CutTarget();
        Require(QueuePair.State is QueuePairState.Error or QueuePairState.Reset,
            $"completed a receive with {completion.Status} and is in {QueuePair.State}");
    }

    private bool MayEndWith(ModelReceive receive, WorkCompletionStatus status)
    {
        if (status == WorkCompletionStatus.WorkRequestFlushedError) return _hasFailedReceive || IsDown;
        if (_hasFailedReceive || !IsReliable || _received >= Peer!._messages.Count) return false;
        var message = Peer._messages[_received];
        return status switch
        {
            WorkCompletionStatus.LocalLengthError => message.IsSend && message.Length > receive.Capacity,
            WorkCompletionStatus.LocalProtectionError => receive.MayFail,
            WorkCompletionStatus.RemoteAccessError => message.MayFailRemotely,
            WorkCompletionStatus.RemoteInvalidRequestError =>
                (message.NeededOfQueuePair & ~Access) != 0 || message.MayNotInvalidate,
            _ => false,
        };
    }

    private bool IsTooLong(ModelOperation message) => message.IsSend
        && (Receives is { IsShared: false } own ? own.At(message.MessageIndex) is { } receive && receive.Capacity < message.Length
            : QueueFor(message.Request)!.LeastCapacity < message.Length);
}
