using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 2.</summary>
public sealed class PsnCheckTests
{
    private const uint E = 100;

    [Theory] // R-RESP-1..3: the distance to the expected PSN decides, modulo 2^24.
    [InlineData(E, E, DropReason.None, "ACK 100")]
    [InlineData(E, E + 1, DropReason.OutOfSequence, "NAK0 100")]
    [InlineData(E, (E + 0x7FFFFF) & 0xFFFFFF, DropReason.OutOfSequence, "NAK0 100")]
    [InlineData(E, E - 1, DropReason.Duplicate, "ACK 99")]
    [InlineData(E, (E + 0x800000) & 0xFFFFFF, DropReason.Duplicate, "ACK 99")]
    [InlineData(0xFFFFFF, 0xFFFFFF, DropReason.None, "ACK 16777215")]
    [InlineData(0xFFFFFF, 0u, DropReason.OutOfSequence, "NAK0 16777215")]
    [InlineData(0u, 0xFFFFFF, DropReason.Duplicate, "ACK 16777215")]
    [InlineData(0u, 1u, DropReason.OutOfSequence, "NAK0 0")]
    public void TheDistanceToTheExpectedPsnDecides(uint expected, uint psn, DropReason drop, string answers)
    {
        var side = new ReceiveSide(expected, receives: 1);
        var work = side.Receive(new Request(Opcode.RcSendOnly, psn));
        Assert.Equal(drop, side.LastDrop);
        Assert.Equal(Work.ResponseDue, work);
        Assert.Equal(answers, side.Answers());
        Assert.Equal(drop == DropReason.None ? (expected + 1) & 0xFFFFFF : expected, side.Expected);
    }

    [Fact] // R-RESP-2: no state change, no completion; a second packet beyond the gap is dropped in silence.
    public void AGapIsReportedOnce()
    {
        var side = new ReceiveSide(E, receives: 2);
        side.Receive(new Request(Opcode.RcSendOnly, E + 1));
        Assert.Equal("NAK0 100", side.Answers());
        side.Receive(new Request(Opcode.RcSendOnly, E + 2));
        Assert.Equal(DropReason.OutOfSequence, side.LastDrop);
        Assert.Equal("", side.Answers());
        Assert.Empty(side.Completions());
        Assert.Equal(0u, side.State.Msn.Value);
        Assert.Equal(2, side.Scope.Counters.OutOfSequenceRequest);
    }

    [Fact] // R-RESP-1: the expected packet clears the flag, so that the next gap is reported again.
    public void TheExpectedPacketMakesTheNextGapReportable()
    {
        var side = new ReceiveSide(E, receives: 4);
        side.Receive(new Request(Opcode.RcSendOnly, E + 1));
        Assert.Equal("NAK0 100", side.Answers());
        side.Accept(new Request(Opcode.RcSendOnly, E));
        Assert.Equal("ACK 100", side.Answers());
        side.Receive(new Request(Opcode.RcSendOnly, E + 2));
        Assert.Equal("NAK0 101", side.Answers());
    }

    [Fact] // R-RESP-2 with reordering inside one burst: what was dropped behind the gap is missing, so the NAK is owed at the new PSN.
    public void AnUnsentNakMovesOnWhileDroppedPacketsAreMissing()
    {
        var side = new ReceiveSide(E, receives: 4);
        side.Receive(new Request(Opcode.RcSendOnly, E + 1));
        side.Accept(new Request(Opcode.RcSendOnly, E));
        Assert.Equal("NAK0 101", side.Answers());
        side.Receive(new Request(Opcode.RcSendOnly, E + 2));
        Assert.Equal("", side.Answers());
        side.Accept(new Request(Opcode.RcSendOnly, E + 1));
        Assert.Equal("ACK 101", side.Answers());
    }

    [Fact] // A NAK that was not sent and is no longer true is withdrawn.
    public void AnUnsentNakIsWithdrawnWhenNothingIsMissingAnyMore()
    {
        var side = new ReceiveSide(E, receives: 4);
        side.Receive(new Request(Opcode.RcSendOnly, E + 1));
        side.Accept(new Request(Opcode.RcSendOnly, E));
        side.Accept(new Request(Opcode.RcSendOnly, E + 1));
        Assert.Equal("ACK 101", side.Answers());
    }

    [Fact] // R-RESP-2: what was dropped last counts, however much has come since: the requester does not know that it is lost.
    public void AnUnsentNakStaysOwedForTheNewestThatIsMissing()
    {
        var side = new ReceiveSide(E, receives: 4);
        side.Receive(new Request(Opcode.RcSendOnly, E + 1));
        side.Receive(new Request(Opcode.RcSendOnly, E + 3));
        side.Receive(new Request(Opcode.RcSendOnly, E + 2));
        side.Accept(new Request(Opcode.RcSendOnly, E));
        side.Accept(new Request(Opcode.RcSendOnly, E + 1));
        side.Accept(new Request(Opcode.RcSendOnly, E + 2));
        Assert.Equal("NAK0 103", side.Answers());
    }

    [Fact] // R-RESP-2: of an earlier gap nothing is left.
    public void AnEarlierGapDoesNotKeepALaterNakOwed()
    {
        var side = new ReceiveSide(E, receives: 8);
        side.Receive(new Request(Opcode.RcSendOnly, E + 10));
        Assert.Equal("NAK0 100", side.Answers());
        side.Accept(new Request(Opcode.RcSendOnly, E));
        side.Receive(new Request(Opcode.RcSendOnly, E + 2));
        side.Accept(new Request(Opcode.RcSendOnly, E + 1));
        side.Accept(new Request(Opcode.RcSendOnly, E + 2));
        Assert.Equal("ACK 102", side.Answers());
    }

    [Fact] // R-RESP-4: after an RNR NAK the rest of the burst is dropped in silence until the refused PSN comes again.
    public void AfterAnRnrNakLaterPacketsAreSilentlyDropped()
    {
        var side = new ReceiveSide(E);
        side.Receive(new Request(Opcode.RcSendOnly, E));
        Assert.Equal("RNR 100", side.Answers());
        side.Receive(new Request(Opcode.RcSendOnly, E + 1));
        Assert.Equal(DropReason.OutOfSequence, side.LastDrop);
        Assert.Equal("", side.Answers());
        side.PostReceive(1, 64);
        side.Accept(new Request(Opcode.RcSendOnly, E));
        Assert.Equal("ACK 100", side.Answers());
        side.Receive(new Request(Opcode.RcSendOnly, E + 2));
        Assert.Equal("NAK0 101", side.Answers());
    }

    [Theory] // R-RESP-5: max(1, ceil(length/PMTU)) PSNs, when the request is accepted.
    [InlineData(0u, 1u)]
    [InlineData(1u, 1u)]
    [InlineData(256u, 1u)]
    [InlineData(257u, 2u)]
    [InlineData(4096u, 16u)]
    public void AReadConsumesThePsnsOfItsResponses(uint length, uint count)
    {
        var side = new ReceiveSide(0xFFFFFE);
        side.Accept(side.Read(0xFFFFFE, 0, length));
        Assert.Equal((0xFFFFFE + count) & 0xFFFFFF, side.Expected);
        Assert.Equal((int)count, side.PollAll().Count);
    }

    [Fact] // A response that strays into the receive side is dropped: it is no request, so no NAK.
    public void AResponseIsNoRequest()
    {
        var side = new ReceiveSide(E);
        Assert.Equal(Work.None, side.Receive(new Request(Opcode.RcAcknowledge, E)));
        Assert.Equal(DropReason.BadOpcode, side.LastDrop);
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
    }
}
