using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>READs and atomics at the requester (requester.md sections 6 and 7).</summary>
public sealed class ReadAtomicTests
{
    private const Opcode First = Opcode.RcReadResponseFirst;
    private const Opcode Middle = Opcode.RcReadResponseMiddle;
    private const Opcode Last = Opcode.RcReadResponseLast;
    private const Opcode Only = Opcode.RcReadResponseOnly;

    [Theory] // R-REQ-21
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 4)]
    [InlineData(0, 0)]
    public void DepthLimitsReadsAndAtomicsTogether(int depth, int sent)
    {
        var side = new SendSide(depth: depth);
        for (ulong i = 0; i < 5; i++) side.Post(i, i % 2 == 0 ? SendOpcode.RdmaRead : SendOpcode.FetchAndAdd);
        side.Post(9, SendOpcode.Send);
        Assert.Equal(sent, side.PollAll().Count);
    }

    [Theory] // R-REQ-4, R-REQ-2: all PSNs under way fit into half of their space, or nobody could tell old from new.
    [InlineData((1u << 31) - 512, true)]
    [InlineData((1u << 31) - 256, false)]
    [InlineData(1u << 31, false)]
    public void AReadOfHalfThePsnSpaceWaitsForWhatIsBeforeIt(uint length, bool starts)
    {
        var side = new SendSide();
        var key = side.Regions.Add(SendSide.Domain, 0, 1u << 31, (nint)side.SinkAddress, AccessFlags.LocalWrite);
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.RdmaRead, SendFlags.None, new ScatterGatherEntry(0, length, key));
        Assert.Equal(starts ? "SendOnly 100!, ReadRequest 101!" : "SendOnly 100!", side.Sent());
        side.Ack(100);
        Assert.Equal(starts ? "" : "ReadRequest 101!", side.Sent());
    }

    [Fact] // R-REQ-22: in a ring that has gone round, the oldest READ is not the one that had its slot before.
    public void AReadInAUsedSlotIsAnsweredInSeveralPackets()
    {
        var side = new SendSide(capacity: 2);
        side.Post(1, SendOpcode.RdmaRead, 8);
        side.PollAll();
        side.ReadResponse(Opcode.RcReadResponseOnly, 100, new byte[8]);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Ack(101);
        side.Post(3, SendOpcode.RdmaRead, 600);
        side.PollAll();
        side.ReadResponse(Opcode.RcReadResponseFirst, 102, SendSide.Bytes(0, 256));
        side.ReadResponse(Opcode.RcReadResponseMiddle, 103, SendSide.Bytes(256, 256));
        side.ReadResponse(Opcode.RcReadResponseLast, 104, SendSide.Bytes(512, 88));
        Assert.Equal("1 Success, 2 Success, 3 Success", side.Completed());
        Assert.Equal(SendSide.Bytes(0, 600), side.Sink[..600].ToArray());
        Assert.Equal(0, side.Machine.Counters.Retries);
    }

    [Fact] // R-REQ-21: the next one starts when one is done; what is behind it waits too.
    public void CompletionFreesTheSlot()
    {
        var side = new SendSide(depth: 1);
        side.Post(1, SendOpcode.RdmaRead);
        side.Post(2, SendOpcode.FetchAndAdd);
        side.Post(3, SendOpcode.Send);
        Assert.Equal("ReadRequest 100!", side.Sent());
        side.ReadResponse(Only, 100, new byte[8]);
        Assert.Equal("FetchAdd 101!, SendOnly 102!", side.Sent());
        side.AtomicAck(101, 5);
        Assert.Equal("1 Success, 2 Success", side.Completed());
    }

    [Fact] // R-REQ-22
    public void ResponsesAreScatteredAsTheyArrive()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, SendFlags.None, side.SinkEntry(1000, 300), side.SinkEntry(0, 0), side.SinkEntry(200, 300));
        side.PollAll();
        Assert.Equal(DropReason.None, side.ReadResponse(First, 100, SendSide.Bytes(0, 256)));
        Assert.Equal(SendSide.Bytes(0, 256), side.Sink.Slice(1000, 256).ToArray());
        Assert.Equal(DropReason.None, side.ReadResponse(Middle, 101, SendSide.Bytes(256, 256)));
        Assert.Equal("", side.Completed());
        Assert.Equal(DropReason.None, side.ReadResponse(Last, 102, SendSide.Bytes(512, 88)));
        Assert.Equal(SendSide.Bytes(0, 300), side.Sink.Slice(1000, 300).ToArray());
        Assert.Equal(SendSide.Bytes(300, 300), side.Sink.Slice(200, 300).ToArray());
        Assert.Equal("1 Success", side.Completed());
    }

    [Theory] // R-REQ-22, R-REQ-33: what may not stand where it stands.
    [InlineData(600, Only, 256)]
    [InlineData(600, First, 255)]
    [InlineData(600, Middle, 256)]
    [InlineData(600, Last, 256)]
    [InlineData(200, First, 256)]
    [InlineData(200, Only, 199)]
    [InlineData(200, Last, 200)]
    [InlineData(256, First, 256)]
    [InlineData(0, Only, 1)]
    public void WrongFirstResponseIsABadResponse(int length, Opcode opcode, int payload)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, length);
        side.PollAll();
        Assert.Equal(DropReason.BadOpcode, side.ReadResponse(opcode, 100, new byte[payload]));
        Assert.Equal("1 BadResponseError", side.Completed());
        Assert.Equal(QueuePairState.Error, side.Context.State);
    }

    [Theory] // R-REQ-22
    [InlineData(First, 256)]
    [InlineData(Only, 256)]
    [InlineData(Middle, 88)]
    [InlineData(Last, 88)]
    public void WrongSecondResponseIsABadResponse(Opcode opcode, int payload)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 600);
        side.PollAll();
        side.ReadResponse(First, 100, new byte[256]);
        side.ReadResponse(opcode, 101, new byte[payload]);
        Assert.Equal("1 BadResponseError", side.Completed());
    }

    [Fact] // R-REQ-33
    public void ResponseWithoutAnAckSyndromeIsABadResponse()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 10);
        side.PollAll();
        side.ReadResponse(Only, 100, new byte[10], Aeth.RnrNak(1, 0));
        Assert.Equal("1 BadResponseError", side.Completed());
    }

    [Theory] // R-REQ-23: the answer begins anew, or goes on in the old numbering.
    [InlineData(First, Last)]
    [InlineData(Middle, Last)]
    public void ReadIsResumedWhereDataAreMissing(Opcode second, Opcode last)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 4 * SendSide.Mtu);
        side.PollAll();
        side.ReadResponse(First, 100, SendSide.Bytes(0, 256));
        Assert.Equal(DropReason.OutOfSequence, side.ReadResponse(Middle, 102, new byte[256]));
        var request = Assert.Single(side.PollAll());
        Assert.Equal("ReadRequest 101!", request.ToString());
        Assert.Equal(new Reth(SendSide.RemoteAddress + 256, SendSide.RemoteKey, 768), request.Reth);
        Assert.Equal(DropReason.None, side.ReadResponse(second, 101, SendSide.Bytes(256, 256)));
        Assert.Equal(DropReason.None, side.ReadResponse(Middle, 102, SendSide.Bytes(512, 256)));
        Assert.Equal(DropReason.None, side.ReadResponse(last, 103, SendSide.Bytes(768, 256)));
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal(SendSide.Bytes(0, 1024), side.Sink[..1024].ToArray());
        // The PSNs of the READ stay what they were.
        side.Post(2, SendOpcode.Send);
        Assert.Equal("SendOnly 104!", side.Sent());
    }

    [Theory] // R-REQ-23
    [InlineData(Only)]
    [InlineData(Last)]
    public void LastPacketOfAResumedReadMayBeOnlyOrLast(Opcode opcode)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 300);
        side.PollAll();
        side.ReadResponse(First, 100, SendSide.Bytes(0, 256));
        side.AwaitDeadline();
        Assert.Equal("ReadRequest 101!", side.Sent());
        Assert.Equal(DropReason.None, side.ReadResponse(opcode, 101, SendSide.Bytes(256, 44)));
        Assert.Equal("1 Success", side.Completed());
    }

    [Fact] // R-REQ-21, R-REQ-23: a resumed READ keeps its slot.
    public void ResumedReadTakesNoSecondSlot()
    {
        var side = new SendSide(depth: 1);
        side.Post(1, SendOpcode.RdmaRead, 600);
        side.Post(2, SendOpcode.RdmaRead, 10);
        side.PollAll();
        side.ReadResponse(First, 100, new byte[256]);
        side.AwaitDeadline();
        Assert.Equal("ReadRequest 101!", side.Sent());
    }

    [Fact] // R-REQ-24
    public void OldResponsesAreGhosts()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 600);
        side.PollAll();
        side.ReadResponse(First, 100, new byte[256]);
        Assert.Equal(DropReason.StaleAck, side.ReadResponse(First, 100, new byte[256]));
        Assert.Equal(DropReason.StaleAck, side.ReadResponse(Only, 99, new byte[1]));
        Assert.Equal(DropReason.StaleAck, side.ReadResponse(Last, 103, new byte[1]));
        Assert.Equal("", side.Completed() + side.Sent());
    }

    [Fact] // R-REQ-25
    public void AtomicsCarryTheirOperandsAndGiveTheOldValueInHostOrder()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.CompareAndSwap, compareAdd: 0x1111, swap: 0x2222);
        side.Post(2, SendOpcode.FetchAndAdd, SendFlags.None, side.SinkEntry(100, 3), side.SinkEntry(200, 5));
        side.Post(3, SendOpcode.FetchAndAdd, compareAdd: 7, swap: 99);
        var packets = side.PollAll();
        Assert.Equal(new AtomicEth(SendSide.RemoteAddress, SendSide.RemoteKey, 0x2222, 0x1111), packets[0].Atomic);
        Assert.Equal(new AtomicEth(SendSide.RemoteAddress, SendSide.RemoteKey, 7, 0), packets[2].Atomic);
        side.AtomicAck(100, 0x0102030405060708);
        Assert.Equal(0x0102030405060708UL, BitConverter.ToUInt64(side.Sink));
        side.AtomicAck(101, 0x0102030405060708);
        byte[] host = BitConverter.GetBytes(0x0102030405060708UL);
        Assert.Equal(host[..3], side.Sink.Slice(100, 3).ToArray());
        Assert.Equal(host[3..], side.Sink.Slice(200, 5).ToArray());
        var completion = side.PollCompletions()[0];
        Assert.Equal((WorkCompletionOpcode.CompareAndSwap, 8u), (completion.Opcode, completion.ByteLength));
    }

    [Fact] // R-REQ-27
    public void RetransmittedAtomicIsTheSameToTheBit()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.CompareAndSwap, compareAdd: 0x1111, swap: 0x2222);
        var first = Assert.Single(side.PollAll());
        side.AwaitDeadline();
        Assert.Equal(first.Header, Assert.Single(side.PollAll()).Header);
    }

    [Theory] // R-REQ-29
    [InlineData(SendOpcode.RdmaRead, true)]
    [InlineData(SendOpcode.FetchAndAdd, true)]
    [InlineData(SendOpcode.Send, false)]
    [InlineData(SendOpcode.RdmaWrite, false)]
    public void FenceWaitsForEarlierReadsAndAtomicsOnly(SendOpcode before, bool waits)
    {
        var side = new SendSide();
        side.Post(1, before);
        side.Post(2, SendOpcode.Send);
        side.Post(3, SendOpcode.RdmaWrite, flags: SendFlags.Fence);
        Assert.Equal(waits ? 2 : 3, side.PollAll().Count);
        if (!waits) return;
        _ = before == SendOpcode.RdmaRead ? side.ReadResponse(Only, 100, new byte[8]) : side.AtomicAck(100, 1);
        Assert.Equal("WriteOnly 102!", side.Sent());
    }

    [Fact] // R-REQ-28: a READ behind an unacknowledged SEND acknowledges it.
    public void CompletionsKeepPostOrder()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.RdmaRead, 10);
        side.Post(3, SendOpcode.Send);
        side.PollAll();
        side.ReadResponse(Only, 101, new byte[10]);
        Assert.Equal("1 Success, 2 Success", side.Completed());
    }

    [Fact] // R-REQ-5: half of all PSNs in one READ.
    public void ReadOfTwoGibibytesAtTheSmallestMtuTakesHalfOfAllPsns()
    {
        var side = new SendSide(psn: 0xFFFFF0);
        var key = side.Regions.Add(SendSide.Domain, 0, 1u << 31, (nint)side.SinkAddress, AccessFlags.LocalWrite);
        side.Post(1, SendOpcode.RdmaRead, SendFlags.None, new ScatterGatherEntry(0, 1u << 31, key));
        side.Post(2, SendOpcode.Send);
        Assert.Equal(1u << 31, Assert.Single(side.PollAll()).Reth!.Value.DmaLength);
        Assert.Equal(0x7FFFF0u, side.Machine.Query().SendPsn);
        Assert.Equal(DropReason.None, side.ReadResponse(First, 0xFFFFF0, new byte[256]));
        Assert.Equal("", side.Completed());
        Assert.Equal(DropReason.OutOfSequence, side.ReadResponse(Last, 0x7FFFEF, new byte[256]));
        Assert.Equal("ReadRequest 16777201!", side.Poll()!.ToString());
    }

    [Fact]
    public void SinkThatGoesAwayFailsTheRead()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 600);
        side.PollAll();
        side.ReadResponse(First, 100, new byte[256]);
        side.Regions.Invalidate(side.SinkKey);
        Assert.Equal(DropReason.MrViolation, side.ReadResponse(Middle, 101, new byte[256]));
        Assert.Equal("1 LocalProtectionError", side.Completed());
    }
}
