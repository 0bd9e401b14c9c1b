using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 15, and flushing.</summary>
public sealed class StateTests
{
    private const uint E = 5;

    [Theory] // R-RESP-49.
    [InlineData(QueuePairState.Reset, false)]
    [InlineData(QueuePairState.Init, false)]
    [InlineData(QueuePairState.ReadyToReceive, true)]
    [InlineData(QueuePairState.ReadyToSend, true)]
    [InlineData(QueuePairState.SendQueueDrained, true)]
    [InlineData(QueuePairState.SendQueueError, true)]
    [InlineData(QueuePairState.Error, false)]
    public void RequestsAreTakenInTheStatesThatReceive(QueuePairState state, bool taken)
    {
        var side = new ReceiveSide(E, receives: 1, state: state);
        side.Receive(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal(taken ? DropReason.None : DropReason.QpState, side.LastDrop);
        Assert.Equal(taken ? "ACK 5" : "", side.Answers());
    }

    [Fact] // R-RESP-48: once, for the first packet that is executed in RTR.
    public void CommunicationIsEstablishedOnce()
    {
        var side = new ReceiveSide(E, receives: 3, state: QueuePairState.ReadyToReceive);
        side.Receive(side.Legal(Opcode.RcSendOnly, E + 1));
        Assert.Empty(side.Events);
        side.Accept(side.Legal(Opcode.RcSendFirst, E));
        side.Accept(side.Legal(Opcode.RcSendLast, E + 1));
        Assert.Equal([AsyncEventType.CommunicationEstablished], side.Events);
    }

    [Fact] // R-RESP-48: a packet that is refused establishes nothing; a READ does.
    public void ARefusedPacketEstablishesNothing()
    {
        var refused = new ReceiveSide(E, state: QueuePairState.ReadyToReceive);
        refused.Receive(refused.Legal(Opcode.RcSendOnly, E));
        Assert.Empty(refused.Events);
        refused.Accept(refused.Read(E, 0, 8));
        Assert.Equal([AsyncEventType.CommunicationEstablished], refused.Events);
        var sending = new ReceiveSide(E, receives: 1);
        sending.Accept(sending.Legal(Opcode.RcSendOnly, E));
        Assert.Empty(sending.Events);
    }

    [Fact] // R-RESP-50, R-CQ-16, R-CQ-21: the receive in use first, then the rest in order; what was owed is forgotten (R-RESP-36).
    public void EnteringErrorFlushesInOrder()
    {
        var side = new ReceiveSide(E, receives: 3);
        side.Accept(side.Read(E, 0, 600));
        side.Accept(side.Legal(Opcode.RcSendFirst, E + 3));
        side.EnterError(null);
        Assert.Equal([1ul, 2, 3], side.Completions().Select(c =>
        {
            Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, c.Status);
            return c.WorkRequestId;
        }));
        Assert.Equal("", side.Answers());
    }

    [Fact] // R-CQ-19: what is posted in ERR is flushed too.
    public void ReceivesPostedInErrorAreFlushed()
    {
        var side = new ReceiveSide(E, state: QueuePairState.Error);
        side.PostReceive(8, 100);
        side.Responder.Flush();
        var completion = Assert.Single(side.Completions());
        Assert.Equal((8ul, WorkCompletionStatus.WorkRequestFlushedError), (completion.WorkRequestId, completion.Status));
        Assert.Equal(0, side.Context.ReceiveRing.PostedCount);
    }

    [Fact] // R-RESP-36, R-RESP-50: RESET clears ring, MSN, opcode sequence, what is owed; the next connection starts clean.
    public void ResetForgetsEverything()
    {
        var side = new ReceiveSide(E, receives: 3);
        side.Accept(side.Legal(Opcode.RcFetchAdd, E));
        side.Accept(side.Legal(Opcode.RcSendFirst, E + 1));
        side.Receive(side.Legal(Opcode.RcSendLast, E + 7));
        side.Responder.Reset();
        side.Context.ReceiveRing.Reset();
        Assert.False(side.Acks.HasWork);
        Assert.Empty(side.Completions());
        Assert.Equal(0u, side.State.Msn.Value);
        Assert.False(side.State.Receive.IsActive);

        side.Scope.Settings.ReceivePsn = new Sequence.Psn(900);
        side.Responder.Start();
        side.PostReceive(9, 100);
        side.Receive(side.Legal(Opcode.RcFetchAdd, E));
        Assert.Equal("", side.Answers());
        side.Accept(side.Legal(Opcode.RcSendOnly, 900));
        Assert.Equal("ACK 900", side.Answers());
        Assert.Equal(9ul, Assert.Single(side.Completions()).WorkRequestId);
    }

    [Fact] // R-RESP-36, R-RESP-50: what was owed takes no room from the next connection.
    public void ResetGivesTheRoomForReadsBack()
    {
        var side = new ReceiveSide(E, depth: 1);
        side.Accept(side.Read(E, 0, 8));
        side.Responder.Reset();
        side.Responder.Start();
        side.Accept(side.Read(E, 0, 8));
        Assert.Equal("ONLY 5", side.Answers());
        Assert.False(side.Acks.HasWork);
    }

    [Fact] // R-RESP-21: a deeper ring owes what the old one owed, and has the room that was asked for.
    public void ADeeperRingTakesAsManyAsItSays()
    {
        var side = new ReceiveSide(E, depth: 4);
        for (uint i = 0; i < 6; i++)
        {
            side.Accept(side.Read(E + i, 0, 8));
            if (i < 2) side.Poll();
        }

        side.Scope.Settings.MaxDestinationReadAtomic = 8;
        side.Responder.ResizeReadAtomic();
        for (uint i = 6; i < 10; i++) side.Accept(side.Read(E + i, 0, 8));
        Assert.Equal(string.Join(", ", Enumerable.Range(2, 8).Select(i => $"ONLY {E + i}")), side.Answers());
    }

    [Fact] // R-RESP-21: the first request of a connection is remembered too.
    public void ADeeperRingKeepsTheVeryFirstRequest()
    {
        var side = new ReceiveSide(E, depth: 1);
        side.Accept(side.Legal(Opcode.RcFetchAdd, E));
        side.PollAll();
        side.Scope.Settings.MaxDestinationReadAtomic = 4;
        side.Responder.ResizeReadAtomic();
        side.Receive(side.Legal(Opcode.RcFetchAdd, E));
        Assert.Equal("ATOMIC 5", side.Answers());
    }

    [Fact] // R-RESP-36, R-RESP-2: the next connection tells of its first gap, though the last one had told of one.
    public void ResetForgetsThatANakIsOut()
    {
        var side = new ReceiveSide(E);
        side.Receive(side.Legal(Opcode.RcWriteOnly, E + 1));
        Assert.Equal($"NAK0 {E}", side.Answers());
        side.Responder.Reset();
        side.Responder.Start();
        side.Receive(side.Legal(Opcode.RcWriteOnly, E + 1));
        Assert.Equal($"NAK0 {E}", side.Answers());
    }

    [Fact] // R-RESP-36, R-RESP-48: the next connection is established anew.
    public void ResetForgetsThatCommunicationWasEstablished()
    {
        var side = new ReceiveSide(E, state: QueuePairState.ReadyToReceive);
        for (var connection = 1; connection <= 2; connection++)
        {
            side.Responder.Start();
            side.Accept(side.Legal(Opcode.RcWriteOnly, E));
            Assert.Equal(connection, side.Events.Count);
        }
    }

    [Fact] // R-RESP-50: a RESET in the middle of a SEND lets go of its receive without a completion.
    public void ResetDuringASendLeavesNoCompletion()
    {
        var side = new ReceiveSide(E, receives: 1);
        side.Accept(side.Legal(Opcode.RcSendFirst, E));
        side.Responder.Reset();
        side.Context.ReceiveRing.Reset();
        side.Responder.Flush();
        Assert.Empty(side.Completions());
    }

    [Fact] // R-RESP-21: a changed depth holds from then on.
    public void TheDepthCanBeChangedWhileDrained()
    {
        var side = new ReceiveSide(E, depth: 1);
        side.Scope.Settings.MaxDestinationReadAtomic = 2;
        side.Responder.ResizeReadAtomic();
        side.Accept(side.Read(E, 0, 8));
        side.Accept(side.Read(E + 1, 0, 8));
        Assert.Equal("ONLY 5, ONLY 6", side.Answers());
    }

    [Theory] // R-RESP-21: a change forgets no request that the new depth can hold, nor any that is still owed an answer.
    [InlineData(8)]
    [InlineData(4)]
    [InlineData(2)]
    [InlineData(1)]
    public void AChangedDepthKeepsTheNewestRequests(int depth)
    {
        var side = new ReceiveSide(E, depth: 4);
        for (uint i = 0; i < 6; i++)
        {
            side.Accept(side.Legal(Opcode.RcFetchAdd, E + i));
            if (i < 4) side.Poll();
        }

        side.Scope.Settings.MaxDestinationReadAtomic = (byte)depth;
        side.Responder.ResizeReadAtomic();
        Assert.Equal("ATOMIC 9, ATOMIC 10", side.Answers());
        for (uint i = 0; i < 6; i++)
        {
            side.Receive(side.Legal(Opcode.RcFetchAdd, E + i));
            var kept = Math.Clamp(depth, 2, 4);
            Assert.Equal(i >= 6 - kept ? $"ATOMIC {E + i}" : "", side.Answers());
        }
    }
}
