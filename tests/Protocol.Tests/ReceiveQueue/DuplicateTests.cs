using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 7.</summary>
public sealed class DuplicateTests
{
    private const uint E = 0xFFFFFE;

    [Theory] // Not executed; ACK with the newest executed PSN, whatever its A bit.
    [InlineData(Opcode.RcSendOnly, true)]
    [InlineData(Opcode.RcSendOnly, false)]
    [InlineData(Opcode.RcSendOnlyImmediate, true)]
    [InlineData(Opcode.RcSendFirst, false)]
    [InlineData(Opcode.RcSendMiddle, false)]
    [InlineData(Opcode.RcSendLast, true)]
    [InlineData(Opcode.RcSendOnlyInvalidate, true)]
    [InlineData(Opcode.RcWriteOnly, true)]
    [InlineData(Opcode.RcWriteFirst, false)]
    [InlineData(Opcode.RcWriteMiddle, false)]
    [InlineData(Opcode.RcWriteLastImmediate, true)]
    [InlineData(Opcode.RcWriteOnlyImmediate, true)]
    public void ADuplicateSendOrWriteIsAcknowledgedAgain(Opcode opcode, bool ackRequest)
    {
        var side = new ReceiveSide(E, receives: 4);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        side.Accept(side.Legal(Opcode.RcSendOnly, 0xFFFFFF));
        side.Accept(side.Legal(Opcode.RcSendOnly, 0));
        side.PollAll();
        side.Completions();
        var before = Snapshot(side);
        var work = side.Receive(side.Legal(opcode, 0xFFFFFF) with { AckRequest = ackRequest, Payload = ReceiveSide.Pattern(64, 99) });
        Assert.Equal(Work.ResponseDue, work);
        Assert.Equal(DropReason.Duplicate, side.LastDrop);
        var answer = Assert.Single(side.PollAll());
        Assert.Equal(("ACK 0", 3u), (answer.ToString(), answer.Msn));
        Assert.Equal(before, Snapshot(side));
        Assert.Empty(side.Completions());
        Assert.Equal(1, side.Scope.Counters.DuplicateRequest);
    }

    [Fact] // The memory is read again; the answer starts with FIRST or ONLY (R-RESP-20).
    public void ADuplicateReadIsAnsweredFromMemoryAsItIsNow()
    {
        var side = ReadSide(600);
        ReceiveSide.Pattern(600, 2).CopyTo(side.Region);
        side.Receive(side.Read(E, 0, 600));
        var again = side.PollAll();
        Assert.Equal($"FIRST {E}, MIDDLE {E + 1}, LAST 0", string.Join(", ", again));
        Assert.Equal(ReceiveSide.Pattern(600, 2), again.SelectMany(r => r.Payload).ToArray());
    }

    [Theory] // R-RESP-20: from any PSN inside, with the rest of the range.
    [InlineData(1, "FIRST 16777215, LAST 0")]
    [InlineData(2, "ONLY 0")]
    public void ADuplicateReadMayStartInTheMiddle(int skip, string answers)
    {
        var side = ReadSide(600);
        var offset = skip * ReceiveSide.Mtu;
        side.Receive(side.Read((E + (uint)skip) & 0xFFFFFF, offset, (uint)(600 - offset)));
        var again = side.PollAll();
        Assert.Equal(answers, string.Join(", ", again));
        Assert.Equal(ReceiveSide.Pattern(600)[offset..], again.SelectMany(r => r.Payload).ToArray());
    }

    [Theory] // Another key, outside the range, beyond the last PSN, no longer remembered: dropped.
    [InlineData("key")]
    [InlineData("before")]
    [InlineData("after")]
    [InlineData("longer")]
    [InlineData("psn")]
    [InlineData("tail")]
    [InlineData("illegal")]
    public void ADuplicateReadThatDoesNotFitIsDropped(string fault)
    {
        var side = ReadSide(600, offset: 64);
        var good = side.Read(E, 64, 600);
        side.Receive(fault switch
        {
            "key" => good with { Key = side.DisposableKey },
            "before" => good with { Address = good.Address - 1 },
            "after" => good with { Address = good.Address + 1 },
            "longer" => good with { Length = 601 },
            "psn" => good with { Psn = E - 1 },
            "tail" => good with { Psn = 0, Length = 257 },
            _ => good with { Length = uint.MaxValue },
        });
        Assert.Equal(DropReason.Duplicate, side.LastDrop);
        Assert.Equal("", side.Answers());
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
    }

    [Fact] // Never executed again: the stored value is the answer.
    public void ADuplicateAtomicIsAnsweredFromTheStoredValue()
    {
        var side = new ReceiveSide(E);
        var add = new Request(Opcode.RcFetchAdd, E) { Address = side.RegionAddress, Key = side.Key, SwapOrAdd = 5 };
        side.Accept(add);
        side.Accept(add with { Psn = 0xFFFFFF });
        Assert.Equal([0ul, 5ul], side.PollAll().Select(r => r.Original));
        side.Receive(add);
        side.Receive(add with { Psn = 0xFFFFFF });
        var again = side.PollAll();
        Assert.Equal($"ATOMIC {E}, ATOMIC {E + 1}", string.Join(", ", again));
        Assert.Equal([0ul, 5ul], again.Select(r => r.Original));
        Assert.Equal(10, side.Region[0]);
        Assert.Equal(2u, side.State.Msn.Value);
    }

    [Fact] // R-RESP-21: the ring holds the last max_dest_rd_atomic requests; older ones are dropped.
    public void OnlyTheNewestRequestsAreRemembered()
    {
        var side = new ReceiveSide(0, depth: 4);
        var add = new Request(Opcode.RcFetchAdd, 0) { Address = side.RegionAddress, Key = side.Key, SwapOrAdd = 1 };
        for (uint psn = 0; psn < 6; psn++)
        {
            side.Accept(add with { Psn = psn });
            side.PollAll();
        }

        for (uint psn = 0; psn < 6; psn++)
        {
            side.Receive(add with { Psn = psn });
            Assert.Equal(psn < 2 ? "" : $"ATOMIC {psn}", side.Answers());
        }
    }

    [Fact] // An atomic repeated as a READ, and the other way round, is dropped.
    public void ADuplicateOfAnotherKindIsDropped()
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Legal(Opcode.RcFetchAdd, E));
        side.Accept(side.Read(0xFFFFFF, 0, 8));
        side.PollAll();
        side.Receive(side.Read(E, 0, 8));
        side.Receive(new Request(Opcode.RcReadRequest, E));
        side.Receive(side.Legal(Opcode.RcCompareSwap, 0xFFFFFF));
        Assert.Equal("", side.Answers());
    }

    [Fact] // The PSN must be one that the READ consumed, wherever the range that is asked for ends.
    public void ADuplicateReadThatBeginsBeforeTheReadIsDropped()
    {
        var side = new ReceiveSide(10, depth: 1, receives: 1);
        side.Accept(side.Legal(Opcode.RcSendOnly, 10));
        side.Accept(side.Read(11, 0, 600));
        side.PollAll();
        side.Receive(side.Read(10, 0, 300));
        Assert.Equal("", side.Answers());
    }

    [Fact] // R-RESP-19: the new ACK does not overtake the READ that is being replayed.
    public void ANewAckWaitsForTheReplay()
    {
        var side = ReadSide(600, receives: 1);
        side.Accept(side.Legal(Opcode.RcSendOnly, 1));
        side.PollAll();
        side.Receive(side.Legal(Opcode.RcSendOnly, 1));
        side.Receive(side.Read(E, 0, 600));
        Assert.Equal("FIRST 16777214, MIDDLE 16777215, LAST 0, ACK 1", side.Answers());
    }

    [Fact] // R-RESP-18: a replay that can no longer be read ends in silence, and what comes after it goes on.
    public void AReplayWhoseKeyIsGoneIsGivenUpInSilence()
    {
        var side = ReadSide(600, receives: 1);
        side.Accept(side.Legal(Opcode.RcSendOnly, 1));
        side.PollAll();
        side.Regions.Invalidate(side.Key);
        side.Receive(side.Read(E, 0, 600));
        side.Receive(side.Legal(Opcode.RcSendOnly, 1));
        Assert.Equal("ACK 1", side.Answers());
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
        Assert.Empty(side.Events);
    }

    [Fact] // A repeated READ while its first answer is going out: the answer starts again where the requester now wants it.
    public void ARepeatedReadRestartsTheAnswerInProgress()
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Read(E, 0, 1024));
        Assert.Equal($"FIRST {E}", side.Poll()!.ToString());
        side.Receive(side.Read(E, 0, 1024));
        Assert.Equal($"FIRST {E}, MIDDLE {E + 1}, MIDDLE 0, LAST 1", side.Answers());
    }

    [Fact] // A stale duplicate that is still being replayed must not make a new request look like one too many.
    public void AReplayMakesRoomForANewRequest()
    {
        var side = new ReceiveSide(0, depth: 1);
        side.Accept(side.Read(0, 0, 512));
        side.PollAll();
        side.Receive(side.Read(0, 0, 512));
        side.Accept(side.Read(2, 0, 8));
        Assert.Equal("ONLY 2", side.Answers());
    }

    [Fact] // R-RESP-18: faults in duplicates are silent: no key, no length, no permission is looked at.
    public void ADuplicateNeverCausesANak()
    {
        var side = new ReceiveSide(E, receives: 2);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        side.PollAll();
        side.Scope.Settings.Access = AccessFlags.None;
        side.Receive(new Request(Opcode.RcWriteOnly, E) { Key = 0xBAD, Length = 9, Payload = new byte[1000] });
        Assert.Equal($"ACK {E}", side.Answers());
        foreach (var opcode in (Opcode[])[(Opcode)0x15, Opcode.RcFlush, Opcode.RcAtomicWrite])
        {
            side.Receive(side.Legal(opcode, E));
            Assert.Equal((DropReason.Duplicate, ""), (side.LastDrop, side.Answers()));
        }

        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
    }

    private static ReceiveSide ReadSide(int length, int offset = 0, uint receives = 0)
    {
        var side = new ReceiveSide(E, receives: receives);
        ReceiveSide.Pattern(length).CopyTo(side.Region[offset..]);
        side.Accept(side.Read(E, offset, (uint)length));
        var answers = side.PollAll();
        Assert.Equal(ReceiveSide.Pattern(length), answers.SelectMany(r => r.Payload).ToArray());
        return side;
    }

    private static string Snapshot(ReceiveSide side) =>
        $"{side.State.ExpectedPsn} {side.State.AckPsn} {side.State.Msn} {side.State.Expecting} {side.Context.ReceiveRing.PostedCount} "
        + Convert.ToHexString(side.Region) + Convert.ToHexString(side.Sink);
}
