using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Posts the messages of one direction and judges what comes of them: each send completes once and in order, each message that is delivered
/// is whole and right, and none is delivered more often than the wire copied it.
/// </summary>
internal sealed class UnreliableDirection(
    UnreliableMessage[] plan, SplitMix random, UnreliableEnd requester, UnreliableEnd responder, int copies, int chunk)
{
    private readonly Queue<int> _freeSlots = new(Enumerable.Range(0, UnreliableEnd.Slots));
    private int _posted;
    private int _completed;
    private int _unsignaled;

    public bool IsDone => _completed == plan.Length;

    /// <summary>Messages that the responder was told of.</summary>
    public int Delivered => plan.Count(m => m.Deliveries > 0);

    /// <summary>Messages that the responder is told of unless they are lost.</summary>
    public int Tellable => plan.Count(m => m.Opcode != SendOpcode.RdmaWrite);

    public string Progress => $"{_completed} of {_posted} posted of {plan.Length} sends, {Delivered} delivered";

    private bool IsDatagram => responder.Way is not null;

    private int Header => IsDatagram ? GlobalRouteHeader.Length : 0;

    /// <summary>Posts some more, as chance will have it. Receives are sometimes late, so that messages are lost for want of one.</summary>
    public void Post()
    {
        if (random.Chance(90))
        {
            for (var count = _freeSlots.Count; count > 0; count--) PostReceive(_freeSlots.Dequeue());
        }

        for (var count = random.Between(1, 6); count > 0 && PostSend(); count--)
        {
        }
    }

    public void CompleteSend(in WorkCompletion completion)
    {
        var index = _completed;
        while (index < _posted && (plan[index].Flags & SendFlags.Signaled) == 0) index++;
        Check(index < _posted, $"completion of {completion.WorkRequestId} though no signaled send is outstanding");
        Check(completion.WorkRequestId == plan[index].Id, $"send completion {completion.WorkRequestId}, expected {plan[index].Id}");
        Check(completion.IsSuccess, $"send {plan[index]} completed with {completion.Status}");
        // R-CQ-23: the source may be used again, so nothing that is still on its way may come from it.
        for (; _completed <= index; _completed++)
            requester.Bytes(plan[_completed].Source, plan[_completed].Size).Fill(UnreliableEnd.Untouched);
    }

    public void CompleteReceive(in WorkCompletion completion)
    {
        Check(completion.IsSuccess, $"receive completed with {completion.Status}");
        var slot = (int)completion.WorkRequestId;
        var isWrite = completion.Opcode == WorkCompletionOpcode.ReceiveRdmaWithImmediate;
        var length = (int)completion.ByteLength - (isWrite ? 0 : Header);
        var received = isWrite ? default : responder.Bytes((slot * responder.SlotLength) + Header, length);
        var hasImmediate = (completion.Flags & WorkCompletionFlags.WithImmediate) != 0;
        var number = hasImmediate ? completion.Immediate : BitConverter.ToUInt32(received);
        Check(number < plan.Length, $"a message with the number {number:x}");
        var message = plan[number];
        Check(message.HasImmediate == hasImmediate && message.IsWrite == isWrite, $"{completion.Opcode}, {completion.Flags} for {message}");
        Check(message.Size == length, $"{length} bytes for {message}");
        if (isWrite) received = responder.Bytes(message.Target, length);
        var mismatch = message.FindMismatch(received);
        Check(mismatch < 0, $"byte {mismatch} of {message}");
        Check(++message.Deliveries <= copies, $"{message} was delivered {message.Deliveries} times");
        CheckOrigin(completion, slot);
        _freeSlots.Enqueue(slot);
    }

    /// <summary>Of a WRITE that was lost each packet's part is there or untouched (R-RESP-44).</summary>
    public void CheckTargets()
    {
        foreach (var message in plan.Where(m => m.IsWrite))
        {
            for (var offset = 0; offset < message.Size; offset += chunk)
            {
                var part = responder.Bytes(message.Target + offset, Math.Min(chunk, message.Size - offset));
                Check(part.IndexOfAnyExcept(UnreliableEnd.Untouched) < 0 || PatternGenerator.FindMismatch(part, message.Seed, offset) < 0,
                    $"the part at {offset} of {message} is neither there nor untouched");
            }
        }
    }

    private void CheckOrigin(in WorkCompletion completion, int slot)
    {
        Check(completion.SourceQueuePair == requester.QueuePair.Number, $"source queue pair {completion.SourceQueuePair:x}");
        if (!IsDatagram) return;
        var area = responder.Bytes(slot * responder.SlotLength, GlobalRouteHeader.Length);
        Check(GlobalRouteHeader.TryRead(area, out var header) && header.Source == responder.Way!.Query().DestinationGid,
            $"route header from {header.Source}");
    }

    private bool PostSend()
    {
        if (_posted == plan.Length) return false;
        var message = plan[_posted];
        if (_unsignaled >= Math.Min(8, requester.QueuePair.Capabilities.MaxSendWorkRequests - 1)) message.Flags |= SendFlags.Signaled;
        message.Fill(requester.Bytes(message.Source, message.Size));
        if (!requester.QueuePair.TryPostSend(ToRequest(message))) return false;
        _unsignaled = (message.Flags & SendFlags.Signaled) != 0 ? 0 : _unsignaled + 1;
        _posted++;
        return true;
    }

    private SendWorkRequest ToRequest(UnreliableMessage message) => new()
    {
        WorkRequestId = message.Id,
        Opcode = message.Opcode,
        Flags = message.Flags,
        Entries = message.IsInline ? default : Split(message.Source, message.Size),
        InlineData = message.IsInline ? requester.Bytes(message.Source, message.Size).ToArray() : default,
        RemoteAddress = responder.Region.Address + (ulong)message.Target,
        RemoteKey = responder.Region.RemoteKey,
        Immediate = message.Id,
        Address = requester.Way,
        RemoteQueuePair = requester.Way is null ? 0 : responder.QueuePair.Number,
        RemoteQueueKey = UnreliableWorkload.QueueKey,
    };

    private void PostReceive(int slot)
    {
        var entry = responder.Region.Entry((ulong)(slot * responder.SlotLength), (ulong)responder.SlotLength);
        var request = new ReceiveWorkRequest { WorkRequestId = (ulong)slot, Entry = entry };
        if (!responder.TryPostReceive(request)) _freeSlots.Enqueue(slot);
    }

    private ScatterGatherEntry[] Split(int offset, int length)
    {
        var first = random.Below(length + 1);
        var region = requester.Region;
        return [region.Entry((ulong)offset, (ulong)first), region.Entry((ulong)(offset + first), (ulong)(length - first))];
    }

    private static void Check(bool holds, string message)
    {
        if (!holds) throw new SimulationFailureException(message);
    }
}
