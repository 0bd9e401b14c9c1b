using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 4, checks 3 to 11, one fault in each packet (R-RESP-7).</summary>
public sealed class RequestCheckTests
{
    private const uint E = 50;

    [Theory] // Check 3.
    [InlineData(Opcode.RcWriteOnly, AccessFlags.RemoteWrite)]
    [InlineData(Opcode.RcWriteFirst, AccessFlags.RemoteWrite)]
    [InlineData(Opcode.RcReadRequest, AccessFlags.RemoteRead)]
    [InlineData(Opcode.RcCompareSwap, AccessFlags.RemoteAtomic)]
    [InlineData(Opcode.RcFetchAdd, AccessFlags.RemoteAtomic)]
    [InlineData(Opcode.RcAtomicWrite, AccessFlags.RemoteWrite)]
    [InlineData(Opcode.RcFlush, AccessFlags.FlushGlobal)]
    public void AnOperationNeedsTheAccessFlagOfTheQueuePair(Opcode opcode, AccessFlags flag)
    {
        var allowed = new ReceiveSide(E, access: flag);
        allowed.Accept(allowed.Legal(opcode, E));
        var forbidden = new ReceiveSide(E, access: ~flag);
        Refused(forbidden, forbidden.Legal(opcode, E), DropReason.MrViolation, "NAK1 50", AsyncEventType.QueuePairRequestError);
    }

    [Fact] // R-RESP-11: DMALen 0 skips the key, not the access flag of the queue pair.
    public void ALengthOfZeroStillNeedsTheAccessFlag()
    {
        foreach (var opcode in (Opcode[])[Opcode.RcWriteOnly, Opcode.RcReadRequest])
        {
            var side = new ReceiveSide(E, access: AccessFlags.None);
            Refused(side, new Request(opcode, E), DropReason.MrViolation, "NAK1 50", AsyncEventType.QueuePairRequestError);
        }
    }

    [Theory] // Check 4: with max_dest_rd_atomic = 0, and beyond it.
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void MoreReadsAndAtomicsThanTheDepthAreRefused(int depth)
    {
        var side = new ReceiveSide(E, depth);
        for (var i = 0; i < depth; i++)
            side.Accept(i % 2 == 0 ? side.Read(E + (uint)i, 0, 8) : side.Legal(Opcode.RcFetchAdd, E + (uint)i));
        side.Receive(side.Read(E + (uint)depth, 0, 8));
        Assert.Equal(DropReason.QueueFull, side.LastDrop);
        // The answers that were owed leave first, in PSN order.
        var answers = side.PollAll();
        Assert.Equal(depth + 1, answers.Count);
        Assert.Equal($"NAK1 {E + depth}", answers[^1].ToString());
        Assert.Equal([AsyncEventType.QueuePairRequestError], side.Events);
    }

    [Theory] // Check 4 is for what is answered with data: SEND and WRITE need no slot.
    [InlineData(0)]
    [InlineData(1)]
    public void SendAndWriteNeedNoRoomForReads(int depth)
    {
        var side = new ReceiveSide(E, depth, receives: 1);
        for (var i = 0u; i < depth; i++) side.Accept(side.Read(E + i, 0, 8));
        side.Accept(side.Legal(Opcode.RcSendOnly, E + (uint)depth));
        side.Accept(side.Legal(Opcode.RcWriteOnly, E + (uint)depth + 1));
    }

    [Fact] // Check 4 counts what is outstanding: an answered request makes room. A depth of 3 is taken as 4, as Soft-RoCE's initiators do.
    public void AnAnsweredRequestMakesRoom()
    {
        var side = new ReceiveSide(E, depth: 3);
        for (uint i = 0; i < 100; i++)
        {
            side.Accept(side.Read(E + i, 0, 8));
            if (i >= 3) Assert.Equal($"ONLY {E + i - 3}", side.Poll()!.ToString());
        }
    }

    [Theory] // Check 6, PMTU 256.
    [InlineData(Opcode.RcSendOnly, 257, 0, DropReason.MtuExceeded)]
    [InlineData(Opcode.RcWriteOnly, 260, 0, DropReason.MtuExceeded)]
    [InlineData(Opcode.RcSendFirst, 252, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcSendFirst, 0, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcSendFirst, 260, 0, DropReason.MtuExceeded)]
    [InlineData(Opcode.RcSendFirst, 253, 3, DropReason.BadLength)]
    [InlineData(Opcode.RcWriteFirst, 252, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcReadRequest, 4, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcFetchAdd, 8, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcFlush, 8, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcAtomicWrite, 4, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcAtomicWrite, 12, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcSendOnly, 100, 1, DropReason.BadLength)]
    [InlineData(Opcode.RcSendOnly, 99, 0, DropReason.BadLength)]
    [InlineData(Opcode.RcSendOnly, 97, 2, DropReason.BadLength)]
    public void PayloadAndPadMustFitTheOpcode(Opcode opcode, int payload, int pad, DropReason drop)
    {
        var side = new ReceiveSide(E, receives: 1);
        var request = side.Legal(opcode, E) with { Payload = new byte[payload], PadCount = pad };
        if (opcode is Opcode.RcWriteOnly) request = request with { Length = (uint)payload };
        side.Receive(request);
        Assert.Equal(drop, side.LastDrop);
        Assert.Equal("NAK1 50", side.Answers());
    }

    [Theory] // Check 6 on packets that continue a message.
    [InlineData(Opcode.RcSendMiddle, 100)]
    [InlineData(Opcode.RcSendMiddle, 0)]
    [InlineData(Opcode.RcSendLast, 0)]
    [InlineData(Opcode.RcSendLastImmediate, 0)]
    public void PayloadOfLaterPacketsMustFitToo(Opcode opcode, int payload)
    {
        var side = new ReceiveSide(E, receives: 1);
        side.Accept(side.Legal(Opcode.RcSendFirst, E));
        side.Receive(side.Legal(opcode, E + 1) with { Payload = new byte[payload] });
        Assert.Equal(DropReason.BadLength, side.LastDrop);
        Assert.Equal("NAK1 51", side.Answers());
        Assert.Equal(WorkCompletionStatus.RemoteInvalidRequestError, Assert.Single(side.Completions()).Status);
    }

    [Theory] // Check 6: RETH DMALen ≤ 2^31.
    [InlineData(Opcode.RcWriteFirst)]
    [InlineData(Opcode.RcReadRequest)]
    public void ADmaLengthOver2GibibytesIsRefused(Opcode opcode)
    {
        var side = new ReceiveSide(E);
        var request = side.Legal(opcode, E) with { Length = (1u << 31) + 1 };
        Refused(side, request, DropReason.BadLength, "NAK1 50", AsyncEventType.QueuePairRequestError);
    }

    [Theory] // Check 8: WRITE payload against what is left.
    [InlineData(Opcode.RcWriteOnly, 100, 99)]
    [InlineData(Opcode.RcWriteOnly, 100, 101)]
    [InlineData(Opcode.RcWriteOnly, 100, 0)]
    [InlineData(Opcode.RcWriteOnly, 0, 4)]
    [InlineData(Opcode.RcWriteFirst, 256, 256)]
    [InlineData(Opcode.RcWriteFirst, 100, 256)]
    [InlineData(Opcode.RcWriteFirst, 0, 256)]
    public void AWriteCarriesWhatIsLeft(Opcode opcode, uint length, int payload)
    {
        var side = new ReceiveSide(E);
        var before = side.Region.ToArray();
        var request = side.Legal(opcode, E) with { Length = length, Payload = ReceiveSide.Pattern(payload) };
        Refused(side, request, DropReason.BadLength, "NAK1 50", AsyncEventType.QueuePairRequestError);
        Assert.Equal(before, side.Region.ToArray());
    }

    [Theory] // Check 8 on later packets: 356 bytes announced, 256 placed.
    [InlineData(Opcode.RcWriteMiddle, 256)]
    [InlineData(Opcode.RcWriteLast, 99)]
    [InlineData(Opcode.RcWriteLast, 101)]
    public void LaterWritePacketsCarryWhatIsLeft(Opcode opcode, int payload)
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Legal(Opcode.RcWriteFirst, E));
        Refused(side, new Request(opcode, E + 1) { Payload = new byte[payload] }, DropReason.BadLength, "NAK1 51",
            AsyncEventType.QueuePairRequestError);
    }

    [Theory] // Check 9.
    [InlineData(Opcode.RcCompareSwap)]
    [InlineData(Opcode.RcFetchAdd)]
    [InlineData(Opcode.RcAtomicWrite)]
    public void AMisalignedAtomicIsRefused(Opcode opcode)
    {
        for (ulong offset = 1; offset < 8; offset++)
        {
            var side = new ReceiveSide(E);
            Refused(side, side.Legal(opcode, E) with { Address = side.RegionAddress + offset }, DropReason.MrViolation, "NAK1 50",
                AsyncEventType.QueuePairRequestError);
            Assert.Equal(-1, side.Region.IndexOfAnyExcept((byte)0));
        }
    }

    [Theory] // Check 10.
    [InlineData(Opcode.RcSendOnly, 99)]
    [InlineData(Opcode.RcSendFirst, 255)]
    public void ASendLongerThanTheReceiveIsRefused(Opcode opcode, int room)
    {
        var side = new ReceiveSide(E);
        side.PostReceive(9, room);
        side.Receive(side.Legal(opcode, E));
        Assert.Equal("NAK1 50", side.Answers());
        var completion = Assert.Single(side.Completions());
        Assert.Equal((9ul, WorkCompletionStatus.LocalLengthError), (completion.WorkRequestId, completion.Status));
        Assert.Empty(side.Events);
        Assert.Equal(-1, side.Sink.IndexOfAnyExcept((byte)0));
    }

    [Fact] // Check 10 on the last packet: the receive is filled by what fits, and fails as a whole.
    public void ASendThatOutgrowsTheReceiveIsRefusedAtItsLastPacket()
    {
        var side = new ReceiveSide(E);
        side.PostReceive(9, 300);
        side.Accept(side.Legal(Opcode.RcSendFirst, E));
        side.Receive(side.Legal(Opcode.RcSendLast, E + 1));
        Assert.Equal("NAK1 51", side.Answers());
        Assert.Equal(WorkCompletionStatus.LocalLengthError, Assert.Single(side.Completions()).Status);
    }

    private static void Refused(ReceiveSide side, Request request, DropReason drop, string answer, AsyncEventType raised)
    {
        var expected = side.Expected;
        side.Receive(request);
        Assert.Equal(drop, side.LastDrop);
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal(expected, side.Expected);
        Assert.Equal(answer, side.Answers());
        Assert.Equal([raised], side.Events);
        Assert.Empty(side.Completions());
        side.AssertGuardsIntact();
    }
}
