using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>Send completions (completion.md) and the states of the send queue (requester.md sections 10 and 11).</summary>
public sealed class CompletionTests
{
    [Fact] // R-CQ-12, R-CQ-14
    public void OnlySignaledOnesComplete()
    {
        var side = new SendSide(signalAll: false);
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send, flags: SendFlags.Signaled);
        side.Post(3, SendOpcode.RdmaWrite);
        side.PollAll();
        side.Ack(102);
        Assert.Equal("2 Success", side.Completed());
        Assert.Equal(2, side.Machine.Counters.RdmaSends);
        // All three slots are free, the unsignaled ones too.
        Assert.Equal(side.Context.SendRing.Tail, side.Context.SendRing.Retired);
    }

    [Fact] // R-CQ-12, R-REQ-47
    public void ErrorsAndFlushesAlwaysComplete()
    {
        var side = new SendSide(signalAll: false);
        for (ulong id = 1; id <= 3; id++) side.Post(id, SendOpcode.Send);
        side.PollAll();
        side.Nak(101, NakCode.InvalidRequest);
        Assert.Equal("2 RemoteInvalidRequestError, 3 WorkRequestFlushedError", side.Completed());
    }

    [Theory] // completion.md section 2
    [InlineData(SendOpcode.Send, WorkCompletionOpcode.Send)]
    [InlineData(SendOpcode.SendWithImmediate, WorkCompletionOpcode.Send)]
    [InlineData(SendOpcode.SendWithInvalidate, WorkCompletionOpcode.Send)]
    [InlineData(SendOpcode.RdmaWrite, WorkCompletionOpcode.RdmaWrite)]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, WorkCompletionOpcode.RdmaWrite)]
    public void CompletionNamesTheOperation(SendOpcode opcode, WorkCompletionOpcode expected)
    {
        var side = new SendSide();
        side.Post(42, opcode, 300);
        side.PollAll();
        side.Ack(101);
        var completion = Assert.Single(side.PollCompletions());
        Assert.Equal((42UL, expected, SendSide.Number, 300u, WorkCompletionFlags.None),
            (completion.WorkRequestId, completion.Opcode, completion.QueuePairNumber, completion.ByteLength, completion.Flags));
    }

    [Fact] // R-CQ-5: only errors are solicited on the send side.
    public void SuccessIsNotSolicitedAndAnErrorIs()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, flags: SendFlags.Solicited);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Cq.RequestNotification(NotificationKind.Solicited);
        side.Ack(100);
        Assert.Equal(0, side.Cq.EventsRaised);
        side.Nak(101, NakCode.InvalidRequest);
        Assert.Equal(1, side.Cq.EventsRaised);
    }

    [Fact] // R-CQ-23, R-REQ-52: packets under way look at the memory no more before the user can know that it is his again.
    public void MemoryIsReleasedBeforeItsWorkRequestsAreFlushed()
    {
        var side = new SendSide();
        var seen = new List<string>();
        side.MemoryReleased = () => seen.Add(side.Completed());
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Nak(100, NakCode.InvalidRequest);
        Assert.Equal("", seen[0]);
        Assert.Equal("1 RemoteInvalidRequestError, 2 WorkRequestFlushedError", string.Concat(seen) + side.Completed());
    }

    [Fact] // R-CQ-3: who polls may post at once.
    public void SlotIsFreeWhenTheCompletionIsSeen()
    {
        var side = new SendSide(capacity: 2);
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Ack(100);
        Assert.Equal("1 Success", side.Completed());
        side.Post(3, SendOpcode.Send);
        Assert.False(side.Context.SendRing.TryReserve(out _));
    }

    [Theory] // R-REQ-46: the others are sent and completed first.
    [InlineData(SendOpcode.Tso, WorkCompletionStatus.LocalQueuePairOperationError)]
    [InlineData((SendOpcode)0x21, WorkCompletionStatus.LocalQueuePairOperationError)]
    [InlineData(SendOpcode.Send, WorkCompletionStatus.LocalProtectionError)]
    public void LocalErrorCompletesWhenItIsTheOldest(SendOpcode opcode, WorkCompletionStatus status)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.RdmaRead, 8);
        side.Post(3, opcode, SendFlags.None, new ScatterGatherEntry(0, 8, 0xBAD));
        side.Post(4, SendOpcode.Send);
        Assert.Equal("SendOnly 100!, ReadRequest 101!", side.Sent());
        Assert.Equal("", side.Completed());
        side.Ack(100);
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
        side.ReadResponse(Opcode.RcReadResponseOnly, 101, new byte[8]);
        Assert.Equal($"2 Success, 3 {status}, 4 WorkRequestFlushedError", side.Completed());
        Assert.Equal(QueuePairState.Error, side.Context.State);
    }

    [Fact] // R-REQ-49
    public void DrainFinishesTheMessageInProgressAndHoldsTheRest()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 3 * SendSide.Mtu);
        side.Post(2, SendOpcode.Send);
        Assert.Equal("SendFirst 100", side.Poll()!.ToString());
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = true }, side.Now);
        Assert.True(side.Machine.Query().IsSendQueueDraining);
        Assert.Equal("SendMiddle 101, SendLast 102!", side.Sent());
        side.Nak(101, NakCode.PsnSequenceError);
        Assert.Equal("SendMiddle 101, SendLast 102!", side.Sent());
        Assert.Empty(side.Events);
        side.Ack(102);
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal([AsyncEventType.SendQueueDrained], side.Events);
        Assert.False(side.Machine.Query().IsSendQueueDraining);
        side.Post(3, SendOpcode.Send);
        Assert.Equal("", side.Sent());
        // R-REQ-50
        var work = side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend }, side.Now);
        Assert.Equal(Work.SendDue, work & Work.SendDue);
        Assert.Equal("SendOnly 103!, SendOnly 104!", side.Sent());
        side.Ack(104);
        Assert.Single(side.Events);
    }

    [Theory] // R-REQ-49: the event is asked for, or not.
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(null, 0)]
    public void IdleQueueIsDrainedAtOnce(bool? notify, int events)
    {
        var side = new SendSide();
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = notify }, side.Now);
        Assert.Equal(events, side.Events.Count);
        Assert.False(side.Machine.Query().IsSendQueueDraining);
    }

    [Theory] // R-REQ-49
    [InlineData(QueuePairState.ReadyToSend, false)]
    [InlineData(QueuePairState.SendQueueDrained, false)]
    [InlineData(QueuePairState.Error, true)]
    [InlineData(QueuePairState.Reset, true)]
    public void WhileDrainingOnlyErrorAndResetAreOpen(QueuePairState to, bool open)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.PollAll();
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }, side.Now);
        var attributes = new QueuePairAttributes { State = to };
        if (open) side.Machine.Modify(attributes, side.Now);
        else Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => side.Machine.Modify(attributes, side.Now)).Errno);
        Assert.Equal(open ? to : QueuePairState.SendQueueDrained, side.Context.State);
    }

    [Fact] // R-REQ-52, R-CQ-16, R-CQ-18: by the user's will.
    public void ErrorFlushesBothQueuesInOrder()
    {
        var side = new SendSide();
        for (ulong id = 1; id <= 3; id++) side.Post(id, SendOpcode.Send);
        side.Poll();
        side.PostReceive(11);
        side.PostReceive(12);
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.Error }, side.Now);
        var completions = side.PollCompletions();
        Assert.All(completions, c => Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, c.Status));
        Assert.Equal([1UL, 2UL, 3UL], completions.Select(c => c.WorkRequestId).Where(i => i < 10));
        Assert.Equal([11UL, 12UL], completions.Select(c => c.WorkRequestId).Where(i => i > 10));
        Assert.Empty(side.Events);
        Assert.Null(side.Poll());
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
    }

    [Fact] // R-CQ-19
    public void PostsInErrorAreFlushed()
    {
        var side = new SendSide();
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.Error }, side.Now);
        Assert.False(side.Machine.HasRequestWork);
        side.Post(1, SendOpcode.Send);
        Assert.True(side.Machine.HasRequestWork);
        Assert.Null(side.Poll());
        Assert.Equal("1 WorkRequestFlushedError", side.Completed());
        side.PostReceive(2);
        side.Machine.ReceivePosted(side.Now);
        Assert.Equal("2 WorkRequestFlushedError", side.Completed());
    }

    [Fact] // A fault outside the protocol.
    public void FailGivesTheFirstItsStatusAndRaisesFatal()
    {
        var side = new SendSide();
        for (ulong id = 1; id <= 2; id++) side.Post(id, SendOpcode.Send);
        side.PostReceive(3);
        side.Machine.Fail(WorkCompletionStatus.GeneralError, side.Now);
        Assert.Equal("1 GeneralError, 2 WorkRequestFlushedError, 3 WorkRequestFlushedError", side.Completed());
        Assert.Equal([AsyncEventType.QueuePairFatal], side.Events);
        side.Machine.Fail(WorkCompletionStatus.GeneralError, side.Now);
        Assert.Single(side.Events);
    }

    [Fact] // R-CQ-8
    public void OverrunOfTheCompletionQueueIsFatal()
    {
        var side = new SendSide(completions: 2);
        for (ulong id = 1; id <= 5; id++) side.Post(id, SendOpcode.Send);
        side.PollAll();
        side.Ack(104);
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal([AsyncEventType.QueuePairFatal], side.Events);
        Assert.Equal(side.Context.SendRing.Tail, side.Context.SendRing.Retired);
    }

    [Fact] // R-REQ-53
    public void ResetDiscardsEverythingSilently()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 600);
        side.Post(2, SendOpcode.Send);
        side.PostReceive(3);
        side.PollAll();
        side.ReadResponse(Opcode.RcReadResponseFirst, 100, new byte[256]);
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.Reset }, side.Now);
        Assert.Equal("", side.Completed());
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
        Assert.False(side.Machine.HasRequestWork || side.Machine.HasResponseWork);
        Assert.Null(side.Machine.Path);
        side.Connect(7000, 1, 14, 3, 3);
        side.UnlimitCredits();
        side.Post(4, SendOpcode.RdmaRead, 8);
        Assert.Equal("ReadRequest 7000!", side.Sent());
        side.ReadResponse(Opcode.RcReadResponseOnly, 7000, SendSide.Bytes(3, 8));
        Assert.Equal("4 Success", side.Completed());
        Assert.Equal(SendSide.Bytes(3, 8), side.Sink[..8].ToArray());
    }
}
