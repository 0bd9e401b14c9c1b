using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;
using static RdmaPipeline.Protocol.Tests.Unreliable.UnreliableSide;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>The receive side of UC (responder.md section 13). Each test also proves that nothing is ever answered.</summary>
public sealed class ConnectionReceiveTests
{
    private const uint Next = FirstPsn;

    [Fact]
    public void AMessageOfSeveralPacketsIsDelivered()
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 1000);
        Accept(side, Send(Opcode.UcSendFirst, Next, Mtu), Send(Opcode.UcSendMiddle, Next + 1, Mtu));
        Accept(side, Send(Opcode.UcSendLastImmediate, Next + 2, 9) with { Solicited = true });
        var completion = Assert.Single(Take(side.ReceiveCq));
        Assert.Equal((1UL, (2 * Mtu) + 9u, 7u), (completion.WorkRequestId, completion.ByteLength, completion.Immediate));
        Assert.Equal((WorkCompletionOpcode.Receive, PeerNumber), (completion.Opcode, completion.SourceQueuePair));
        Assert.Equal(ReceiveSide.Pattern(Mtu, (int)Next + 1), side.Sink.Slice(Mtu, Mtu).ToArray());
    }

    [Fact] // R-RESP-23, responder.md section 11.
    public void AWriteWithImmediateConsumesAReceive()
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 0);
        Accept(side, side.Write(Opcode.UcWriteFirst, Next, Mtu, Mtu + 5), side.Write(Opcode.UcWriteLastImmediate, Next + 1, 5, 0));
        var completion = Assert.Single(Take(side.ReceiveCq));
        Assert.Equal((WorkCompletionOpcode.ReceiveRdmaWithImmediate, Mtu + 5u), (completion.Opcode, completion.ByteLength));
        Assert.Equal(ReceiveSide.Pattern(5, (int)Next + 1), side.Sink.Slice(Mtu, 5).ToArray());
    }

    [Fact] // An AckReq bit of a peer that does not know better is ignored.
    public void NothingIsAcknowledged()
    {
        var side = new UnreliableSide();
        Accept(side, side.Write(Opcode.UcWriteOnly, Next, 8, 8) with { AckRequest = true });
        Accept(side, side.Write(Opcode.UcWriteOnly, Next + 1, 8, 8) with { AckRequest = true });
        Assert.Equal(0, side.Machine.Counters.MergedAcks);
    }

    [Theory] // R-RESP-43: a gap ends the message; its receive waits for the next one.
    [InlineData(Opcode.UcSendMiddle)]
    [InlineData(Opcode.UcSendLast)]
    public void AGapDropsTheMessage(Opcode after)
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 1000);
        Accept(side, Send(Opcode.UcSendFirst, Next, Mtu));
        Assert.Equal(DropReason.OutOfSequence, side.Receive(Send(after, Next + 2, Mtu)));
        Assert.Equal(DropReason.OutOfSequence, side.Receive(Send(Opcode.UcSendLast, Next + 3, 5)));
        Assert.Equal("", side.Received());
        Accept(side, Send(Opcode.UcSendOnly, Next + 4, 6));
        Assert.Equal("1 Success 6", side.Received());
        Assert.Empty(side.Events);
    }

    [Theory] // R-RESP-43: FIRST and ONLY begin anew wherever they are, also where they were expected before.
    [InlineData(Next + 7)]
    [InlineData(Next - 5)]
    public void AFirstOrOnlyPacketIsExpectedFromWhereverItComes(uint psn)
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 1000);
        side.PostReceive(2, 1000);
        Accept(side, Send(Opcode.UcSendFirst, Next, Mtu));
        Accept(side, Send(Opcode.UcSendOnly, psn, 6));
        Assert.Equal("1 Success 6", side.Received());
        Accept(side, Send(Opcode.UcSendFirst, psn + 1, Mtu), Send(Opcode.UcSendLast, psn + 2, 4));
        Assert.Equal($"2 Success {Mtu + 4}", side.Received());
    }

    [Theory] // R-RESP-6: a wrong opcode at the right place.
    [InlineData(Opcode.UcSendOnly, DropReason.None)]
    [InlineData(Opcode.UcWriteOnly, DropReason.None)]
    [InlineData(Opcode.UcWriteMiddle, DropReason.BadOpcode)]
    [InlineData(Opcode.UcWriteLast, DropReason.BadOpcode)]
    public void AWrongOpcodeAbandonsTheMessage(Opcode opcode, DropReason expected)
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 1000);
        Accept(side, Send(Opcode.UcSendFirst, Next, Mtu));
        var payload = opcode == Opcode.UcWriteMiddle ? Mtu : 8;
        Assert.Equal(expected, side.Receive(side.Write(opcode, Next + 1, payload, 8)));
        Assert.Equal(expected == DropReason.None ? DropReason.BadOpcode : expected, side.Receive(Send(Opcode.UcSendLast, Next + 2, 3)));
        Assert.Equal(opcode == Opcode.UcSendOnly ? "1 Success 8" : "", side.Received());
    }

    [Fact] // R-RESP-6.
    public void AContinuationOfNothingIsDropped()
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 1000);
        Assert.Equal(DropReason.BadOpcode, side.Receive(Send(Opcode.UcSendMiddle, Next, Mtu)));
        Assert.Equal(DropReason.BadOpcode, side.Receive(Send(Opcode.UcSendLast, Next + 1, 5)));
        Accept(side, Send(Opcode.UcSendOnly, Next + 2, 5));
        Assert.Equal("1 Success 5", side.Received());
    }

    [Fact] // R-RESP-17: no receive, no RNR.
    public void WithoutAReceiveTheMessageIsDropped()
    {
        var side = new UnreliableSide();
        Assert.Equal(DropReason.NoReceiveBuffer, side.Receive(Send(Opcode.UcSendFirst, Next, Mtu)));
        side.PostReceive(1, 1000);
        Assert.Equal(DropReason.NoReceiveBuffer, side.Receive(Send(Opcode.UcSendLast, Next + 1, 5)));
        Accept(side, Send(Opcode.UcSendOnly, Next + 2, 5));
        Assert.Equal("1 Success 5", side.Received());
    }

    [Theory] // R-RESP-45.
    [InlineData(false)]
    [InlineData(true)]
    public void AWriteWithImmediateWithoutAReceiveLeavesItsData(bool several)
    {
        var side = new UnreliableSide();
        if (several) Accept(side, side.Write(Opcode.UcWriteFirst, Next, Mtu, Mtu + 5));
        var last = several ? side.Write(Opcode.UcWriteLastImmediate, Next + 1, 5, 0) : side.Write(Opcode.UcWriteOnlyImmediate, Next, 5, 5);
        Assert.Equal(DropReason.NoReceiveBuffer, side.Receive(last));
        Assert.Equal("", side.Received());
        Assert.Equal(last.Payload, side.Sink.Slice(several ? Mtu : 0, 5).ToArray());
        side.PostReceive(1, 10);
        Accept(side, Send(Opcode.UcSendOnly, Next + (several ? 2u : 1u), 5));
        Assert.Equal("1 Success 5", side.Received());
    }

    public static TheoryData<string> Faults => ["permission", "key", "range", "length", "mtu", "receive too short", "receive key"];

    [Theory] // R-RESP-44: whatever fails, the message is gone and nothing else.
    [MemberData(nameof(Faults))]
    public void AFailedCheckDropsTheRestOfTheMessage(string fault)
    {
        var side = new UnreliableSide(access: fault == "permission" ? AccessFlags.None : AccessFlags.RemoteWrite);
        if (fault == "receive key") side.PostReceive(1, new ScatterGatherEntry(side.SinkAddress, 1000, 0xBAD));
        else side.PostReceive(1, fault == "receive too short" ? Mtu - 1 : 1000);
        var write = side.Write(Opcode.UcWriteFirst, Next, Mtu, 2 * Mtu);
        var (first, reason) = fault switch
        {
            "permission" => (write, DropReason.MrViolation),
            "key" => (write with { Key = 0xBAD }, DropReason.MrViolation),
            "range" => (write with { Length = RegionLength + 1 }, DropReason.MrViolation),
            "length" => (write with { Length = 0x8000_0001 }, DropReason.BadLength),
            "mtu" => (write with { Payload = new byte[Mtu + 4] }, DropReason.MtuExceeded),
            "receive too short" => (Send(Opcode.UcSendFirst, Next, Mtu), DropReason.BadLength),
            _ => (Send(Opcode.UcSendFirst, Next, Mtu), DropReason.MrViolation),
        };
        var isSend = fault.StartsWith("receive", StringComparison.Ordinal);
        Assert.Equal(reason, side.Receive(first));
        Assert.Equal(reason, side.Receive(Send(isSend ? Opcode.UcSendMiddle : Opcode.UcWriteMiddle, Next + 1, Mtu)));
        Assert.Equal(reason, side.Receive(Send(isSend ? Opcode.UcSendLast : Opcode.UcWriteLast, Next + 2, 4)));
        Assert.Equal((QueuePairState.ReadyToSend, 1), (side.Context.State, side.Context.ReceiveRing.PostedCount));
        Assert.Equal(("", ""), (side.Received(), string.Join(", ", side.Events)));
        if (fault == "receive key") return;
        Accept(side, Send(Opcode.UcSendOnly, Next + 3, 4));
        Assert.Equal("1 Success 4", side.Received());
    }

    [Fact] // R-RESP-44: what was placed stays.
    public void DataOfADroppedWriteStay()
    {
        var side = new UnreliableSide();
        Accept(side, side.Write(Opcode.UcWriteFirst, Next, Mtu, 2 * Mtu));
        Assert.Equal(DropReason.BadLength, side.Receive(side.Write(Opcode.UcWriteLast, Next + 1, 5, 0)));
        Assert.Equal(ReceiveSide.Pattern(Mtu, (int)Next), side.Sink[..Mtu].ToArray());
    }

    [Fact] // R-RESP-48.
    public void TheFirstValidPacketInRtrTellsOfTheConnection()
    {
        var side = new UnreliableSide(upTo: QueuePairState.ReadyToReceive);
        Assert.NotEqual(DropReason.None, side.Receive(Send(Opcode.UcSendOnly, Next, 4)));
        Assert.Empty(side.Events);
        side.PostReceive(1, 100);
        Accept(side, Send(Opcode.UcSendOnly, Next + 1, 4));
        Assert.Equal([AsyncEventType.CommunicationEstablished], side.Events);
    }

    [Fact] // R-RESP-49, R-RESP-50.
    public void InErrPacketsAreDroppedAndReceivesFlushed()
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 1000);
        side.PostReceive(2, 1000);
        Accept(side, Send(Opcode.UcSendFirst, Next, Mtu));
        side.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError 0, 2 WorkRequestFlushedError 0", side.Received());
        Assert.Equal(DropReason.QpState, side.Receive(Send(Opcode.UcSendLast, Next + 1, 4)));
        side.PostReceive(3, 10);
        side.Machine.ReceivePosted(default);
        Assert.Equal("3 WorkRequestFlushedError 0", side.Received());
    }

    [Fact] // responder.md section 13: why a continuation is dropped is what became of its own message, not of an earlier one.
    public void AnEarlierLossIsNotTheReasonOfALaterDrop()
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 1000);
        var after = Next + 5;
        Assert.Equal(DropReason.OutOfSequence, side.Receive(Send(Opcode.UcSendMiddle, after, 256)));
        Assert.Equal(DropReason.None, side.Receive(Send(Opcode.UcSendOnly, after + 1, 8)));
        Assert.Equal(DropReason.BadOpcode, side.Receive(Send(Opcode.UcSendMiddle, after + 2, 256)));
        Assert.Equal(1, side.Machine.Counters.OutOfSequenceRequest);

        Assert.Equal(DropReason.OutOfSequence, side.Receive(Send(Opcode.UcSendMiddle, after, 256)));
        side.Modify(QueuePairState.Reset);
        side.Walk(expected: 7);
        Assert.Equal(DropReason.BadOpcode, side.Receive(Send(Opcode.UcSendMiddle, 7, 256)));
    }

    [Theory] // R-RESP-44, R-RESP-45: a refused access is one with a receive and without; it is counted, and the reason of the drop.
    [InlineData(true)]
    [InlineData(false)]
    public void ARefusedAccessIsCounted(bool receive)
    {
        var side = new UnreliableSide();
        if (receive) side.PostReceive(1, 8);
        var write = side.Write(Opcode.UcWriteOnlyImmediate, Next, 8, 8);
        Assert.Equal(DropReason.MrViolation, side.Receive(write with { Key = 0xBAD }));
        Assert.Equal(1, side.Machine.Counters.RefusedAccesses);
        Assert.Equal(DropReason.BadLength, side.Receive(write with { Psn = write.Psn + 1, Length = 9 }));
        Assert.Equal(1, side.Machine.Counters.RefusedAccesses);
        Assert.Equal("", side.Received());
    }

    [Fact] // R-VERB-11: the PSN expected next.
    public void QueryTellsTheExpectedPsn()
    {
        var side = new UnreliableSide();
        side.Receive(Send(Opcode.UcSendOnly, Next + 41, 4));
        Assert.Equal(Next + 42, side.Machine.Query().ReceivePsn);
    }

    private static void Accept(UnreliableSide side, params Request[] requests)
    {
        foreach (var request in requests) Assert.Equal(DropReason.None, side.Receive(request));
    }
}
