using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>The send side of UC (R-REQ-54, requester.md sections 11 and 12).</summary>
public sealed class ConnectionSendTests
{
    [Theory] // R-REQ-6, R-REQ-15: the opcodes of UC, and nothing asks for an acknowledgement.
    [InlineData(SendOpcode.Send, 0, "SendOnly 100*")]
    [InlineData(SendOpcode.Send, 256, "SendOnly 100*")]
    [InlineData(SendOpcode.Send, 600, "SendFirst 100, SendMiddle 101, SendLast 102*")]
    [InlineData(SendOpcode.SendWithImmediate, 600, "SendFirst 100, SendMiddle 101, SendLastImmediate 102*")]
    [InlineData(SendOpcode.SendWithImmediate, 1, "SendOnlyImmediate 100*")]
    [InlineData(SendOpcode.RdmaWrite, 600, "WriteFirst 100, WriteMiddle 101, WriteLast 102")]
    [InlineData(SendOpcode.RdmaWrite, 8, "WriteOnly 100")]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, 600, "WriteFirst 100, WriteMiddle 101, WriteLastImmediate 102*")]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, 8, "WriteOnlyImmediate 100*")]
    public void MessagesAreCutAsOnAReliableConnection(SendOpcode opcode, int length, string packets)
    {
        var side = new UnreliableSide();
        side.Post(1, opcode, length, SendFlags.Solicited);
        var sent = side.PollAll();
        Assert.Equal(packets, string.Join(", ", sent));
        Assert.All(sent, p => Assert.Equal(0x20, (byte)p.Opcode & 0xE0));
        Assert.All(sent, p => Assert.Equal((UnreliableSide.PeerNumber, 0xFFFF), (p.Destination, p.PartitionKey)));
        Assert.Equal(SendQueue.SendSide.Bytes(0, length), sent.SelectMany(p => p.Payload));
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
    }

    [Fact] // R-REQ-54, R-BE-11: built is not sent.
    public void AWorkRequestIsDoneWhenTheBackendHasItsLastPacket()
    {
        var side = new UnreliableSide();
        side.Post(1, length: 600);
        side.Post(2, length: 300);
        Assert.Equal(5, side.PollAll().Count);
        Assert.Equal("", side.Completed());
        side.HandOver(allBut: 3);
        Assert.Equal("", side.Completed());
        side.HandOver(allBut: 2);
        Assert.Equal("1 Success", side.Completed());
        side.HandOver(allBut: 3);
        Assert.Equal("", side.Completed());
        side.HandOver();
        side.HandOver();
        Assert.Equal("2 Success", side.Completed());
    }

    [Fact] // R-REQ-54, R-REQ-51: packets built before the error that the back-end takes late complete nothing that was posted after it.
    public void ALateHandoverCompletesNothingOfTheNextLife()
    {
        var side = new UnreliableSide();
        side.Post(1, length: 600);
        side.Poll();
        side.Poll();
        side.Regions.Invalidate(side.SourceKey);
        Assert.Null(side.Poll());
        Assert.Equal(QueuePairState.SendQueueError, side.Context.State);
        Assert.Equal("1 LocalProtectionError", side.Completed());
        side.Modify(QueuePairState.ReadyToSend);
        side.Post(2, length: 0);
        Assert.Single(side.PollAll());
        side.HandOver(allBut: 1);
        Assert.Equal("", side.Completed());
        side.HandOver();
        Assert.Equal("2 Success", side.Completed());
    }

    [Fact] // R-REQ-52: what was flushed is complete, whatever the back-end takes afterwards.
    public void ALateHandoverCompletesNothingInError()
    {
        var side = new UnreliableSide();
        side.Post(1);
        Assert.Single(side.PollAll());
        side.Post(2);
        side.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError, 2 WorkRequestFlushedError", side.Completed());
        side.HandOver();
        Assert.Equal("", side.Completed());
    }

    [Fact] // R-CQ-12, R-CQ-14.
    public void UnsignaledOnesCompleteInSilence()
    {
        var side = new UnreliableSide(signalAll: false);
        side.Post(1);
        side.Post(2, flags: SendFlags.Signaled);
        side.PollAll();
        side.HandOver();
        Assert.Equal("2 Success", side.Completed());
    }

    [Fact] // R-REQ-4 bounds what is under way here too; R-REQ-17: there are no credits to wait for.
    public void WhatTheBackendHasNotTakenIsBounded()
    {
        var side = new UnreliableSide(mtu: PathMtu.Mtu4096);
        for (ulong id = 1; id <= 200; id++) side.Post(id);
        Assert.Equal(128, side.PollAll().Count);
        Assert.False(side.Machine.HasRequestWork);
        side.HandOver();
        Assert.True(side.Machine.HasRequestWork);
        Assert.Equal(72, side.PollAll().Count);
    }

    [Fact] // R-REQ-46, R-REQ-47, R-REQ-51.
    public void ASendErrorLeadsToSqeAfterWhatWasPostedBefore()
    {
        var side = new UnreliableSide();
        side.PostReceive(50, 64);
        side.Post(1);
        side.Post(2, key: 0xBAD);
        side.Post(3);
        Assert.Equal("SendOnly 100", side.Sent());
        Assert.Equal(("", QueuePairState.ReadyToSend), (side.Completed(), side.Context.State));
        side.HandOver();
        Assert.Equal("1 Success, 2 LocalProtectionError, 3 WorkRequestFlushedError", side.Completed());
        Assert.Equal(QueuePairState.SendQueueError, side.Context.State);
        Assert.Empty(side.Events);
    }

    [Fact] // R-REQ-51: the receive queue works on, sends are accepted and flushed.
    public void InSqeOnlyTheSendQueueStands()
    {
        var side = Failed();
        side.PostReceive(50, 64);
        Assert.Equal(Telemetry.DropReason.None, side.Receive(UnreliableSide.Send(Opcode.UcSendOnly, 100, 8)));
        Assert.Equal("50 Success 8", side.Received());
        side.Post(2);
        side.Post(3);
        Assert.True(side.Machine.HasRequestWork);
        Assert.Null(side.Poll());
        Assert.Equal("2 WorkRequestFlushedError, 3 WorkRequestFlushedError", side.Completed());
        Assert.Equal(QueuePairState.SendQueueError, side.Context.State);
    }

    [Fact] // R-REQ-51, verbs.md section 6.1: SQE to RTS; the PSNs go on.
    public void SqeIsLeftForRts()
    {
        var side = new UnreliableSide();
        side.Post(1);
        side.Post(2, key: 0xBAD);
        side.PollAll();
        side.HandOver();
        side.Completed();
        side.Post(3);
        side.Modify(QueuePairState.ReadyToSend);
        Assert.Equal("3 WorkRequestFlushedError", side.Completed());
        side.Post(4);
        Assert.Equal("SendOnly 101", side.Sent());
        side.HandOver();
        Assert.Equal("4 Success", side.Completed());
    }

    [Theory] // verbs.md section 6.1.
    [InlineData(QueuePairState.Error)]
    [InlineData(QueuePairState.Reset)]
    public void SqeIsLeftForErrAndReset(QueuePairState state)
    {
        var side = Failed();
        side.PostReceive(50, 64);
        side.Modify(state);
        Assert.Equal(state, side.Context.State);
        Assert.Equal(state == QueuePairState.Error ? "50 WorkRequestFlushedError 0" : "", side.Received());
    }

    [Fact] // R-VERB-15: RTS and SQD may be taken for each other, SQE is told by a completion.
    public void SqeIsNotTakenForAnotherState()
    {
        var side = Failed();
        var error = Assert.Throws<RdmaException>(() => side.Machine.Modify(new QueuePairAttributes
        {
            State = QueuePairState.SendQueueDrained, CurrentState = QueuePairState.ReadyToSend,
        }, default));
        Assert.Equal(VerbsErrno.EINVAL, error.Errno);
    }

    [Fact] // R-REQ-46: memory that goes away in the middle of a message.
    public void AMessageThatCannotGoOnFails()
    {
        var side = new UnreliableSide();
        side.Post(1, length: 600);
        Assert.NotNull(side.Poll());
        Assert.True(side.Regions.Invalidate(side.SourceKey));
        Assert.Null(side.Poll());
        Assert.Equal("1 LocalProtectionError", side.Completed());
        side.HandOver();
        Assert.Equal(("", QueuePairState.SendQueueError), (side.Completed(), side.Context.State));
    }

    [Theory] // R-REQ-54, R-REQ-61: what UC has no packet for.
    [InlineData(SendOpcode.SendWithInvalidate)]
    [InlineData(SendOpcode.RdmaRead)]
    [InlineData(SendOpcode.FetchAndAdd)]
    public void WhatUcDoesNotSendFails(SendOpcode opcode)
    {
        var side = new UnreliableSide();
        side.Post(1, opcode);
        Assert.Null(side.Poll());
        Assert.Equal("1 LocalQueuePairOperationError", side.Completed());
    }

    [Fact] // R-REQ-53: what an earlier life has under way completes nothing of the next.
    public void AHandoverFromBeforeAResetCompletesNothing()
    {
        var side = new UnreliableSide();
        side.Post(1);
        side.Post(2);
        side.PollAll();
        side.Modify(QueuePairState.Reset);
        side.HandOver(allBut: 1);
        side.Walk();
        side.Post(3);
        Assert.Equal("SendOnly 100", side.Sent());
        side.HandOver(allBut: 1);
        Assert.Equal("", side.Completed());
        side.HandOver();
        Assert.Equal("3 Success", side.Completed());
    }

    [Fact] // R-REQ-52: so it is in ERR.
    public void AHandoverInErrCompletesNothing()
    {
        var side = new UnreliableSide();
        side.Post(1);
        side.PollAll();
        side.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError", side.Completed());
        side.HandOver();
        Assert.Equal("", side.Completed());
    }

    [Fact] // R-REQ-49: drained is when the back-end has everything.
    public void SqdWaitsForTheBackend()
    {
        var side = new UnreliableSide();
        side.Post(1, length: 600);
        side.Post(2);
        Assert.NotNull(side.Poll());
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = true }, default);
        Assert.Equal("SendMiddle 101, SendLast 102", side.Sent());
        side.HandOver(allBut: 1);
        Assert.Empty(side.Events);
        side.HandOver();
        Assert.Equal([AsyncEventType.SendQueueDrained], side.Events);
        Assert.Equal("1 Success", side.Completed());
    }

    [Fact] // R-CQ-8: an overrun of the completion queue ends the queue pair, not only its sends.
    public void AnOverrunLeadsToErr()
    {
        var side = new UnreliableSide(completions: 1);
        side.Post(1);
        side.Post(2);
        side.Post(3);
        side.PollAll();
        side.HandOver();
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Contains(AsyncEventType.QueuePairFatal, side.Events);
    }

    private static UnreliableSide Failed()
    {
        var side = new UnreliableSide();
        side.Post(1, key: 0xBAD);
        side.PollAll();
        Assert.Equal("1 LocalProtectionError", side.Completed());
        Assert.Equal(QueuePairState.SendQueueError, side.Context.State);
        return side;
    }
}
