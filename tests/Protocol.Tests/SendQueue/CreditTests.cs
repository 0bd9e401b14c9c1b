using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>End-to-end flow control (requester.md section 5).</summary>
public sealed class CreditTests
{
    private static readonly SendOperation Send = SendOperations.For(QueuePairType.ReliableConnection).Find(SendOpcode.Send)!;

    private static readonly QueuePairOptions Sparse = new() { AckRequestOnEveryMessage = false };

    private static readonly int[] Table =
    [
        0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192,
        256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768,
    ];

    public static TheoryData<int> Codes() => [.. Enumerable.Range(0, 31)];

    [Theory, MemberData(nameof(Codes))] // R-REQ-20
    public void EveryCodeAllowsItsNumberOfMessagesAndOneProbe(int code)
    {
        var credits = new MessageCredits();
        credits.Update(Aeth.Ack((byte)code, 0xFFFFF0));
        Assert.Equal(Msn.Truncate(0xFFFFF0 + (uint)Table[code]), credits.Lsn);
        var fresh = new MessageCredits();
        fresh.Update(Aeth.Ack((byte)code, 0));
        var started = 0;
        for (; fresh.Allow(Send); started++) fresh.Start(Send);
        Assert.Equal(Table[code] + 1, started);
    }

    [Fact] // R-REQ-17: nothing is known before the first ACK.
    public void FirstMessageIsAProbe()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3);
        Assert.Equal("SendOnly 100!", side.Sent());
        side.Ack(100, credits: 1, msn: 1);
        // LSN 2: SSN 2 is allowed and 3 is the probe.
        Assert.Equal("SendOnly 101!, SendOnly 102!", side.Sent());
    }

    [Fact] // R-REQ-16
    public void CodeThirtyOneIsWithoutLimitFromThenOn()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3, 4, 5);
        side.PollAll();
        side.Ack(100, credits: 0x1F, msn: 1);
        Assert.Equal(4, side.PollAll().Count);
        side.Ack(104, credits: 0, msn: 5);
        Post(side, SendOpcode.Send, 6, 7);
        Assert.Equal(2, side.PollAll().Count);
    }

    [Theory] // R-REQ-17
    [InlineData(SendOpcode.RdmaWrite, true)]
    [InlineData(SendOpcode.RdmaRead, true)]
    [InlineData(SendOpcode.FetchAndAdd, true)]
    [InlineData(SendOpcode.CompareAndSwap, true)]
    [InlineData(SendOpcode.Send, false)]
    [InlineData(SendOpcode.SendWithImmediate, false)]
    [InlineData(SendOpcode.SendWithInvalidate, false)]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, false)]
    public void OnlyWhatTakesAReceiveWaits(SendOpcode opcode, bool passes)
    {
        var side = NewSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, opcode);
        Assert.Equal(passes ? 2 : 1, side.PollAll().Count);
    }

    [Fact] // R-REQ-17: the MSN counts WRITEs too, so they raise the limit.
    public void WritesDoNotUseUpCredits()
    {
        var side = NewSide();
        side.Post(1, SendOpcode.Send);
        side.PollAll();
        side.Ack(100, credits: 1, msn: 1);
        Post(side, SendOpcode.RdmaWrite, 2, 3, 4);
        Post(side, SendOpcode.Send, 5, 6, 7);
        Assert.Equal("WriteOnly 101!, WriteOnly 102!, WriteOnly 103!, SendOnly 104!, SendOnly 105!", side.Sent());
    }

    [Fact] // R-REQ-16: NAK types do not change the limit.
    public void NaksCarryNoCredits()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3);
        side.PollAll();
        side.Acknowledge(100, Aeth.RnrNak(0x1F, 9));
        side.AwaitDeadline();
        Assert.Equal("SendOnly 100!", side.Sent());
        side.Acknowledge(100, Aeth.Nak(NakCode.PsnSequenceError, 9));
        Assert.Equal("SendOnly 100!", side.Sent());
    }

    [Fact] // R-REQ-18
    public void RetriesIgnoreTheCredits()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3);
        side.PollAll();
        side.Ack(100, credits: 2, msn: 1);
        Assert.Equal(2, side.PollAll().Count);
        side.Ack(101, credits: 0, msn: 1);
        side.Nak(102, NakCode.PsnSequenceError);
        Assert.Equal("SendOnly 102!", side.Sent());
    }

    [Fact] // R-REQ-16: a delayed ACK must not take credits away, or both sides would wait for ever.
    public void OldAckDoesNotLowerTheLimit()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3, 4);
        side.PollAll();
        side.Ack(100, credits: 2, msn: 1);
        side.Ack(100, credits: 0, msn: 0);
        Assert.Equal(3, side.PollAll().Count);
    }

    [Fact] // R-REQ-16: new receives are told by sending the newest ACK again.
    public void NewestAckSentAgainRaisesTheLimit()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3, 4);
        side.PollAll();
        side.Ack(100, credits: 0, msn: 1);
        Assert.Single(side.PollAll());
        Assert.Empty(side.PollAll());
        side.Ack(100, credits: 3, msn: 1);
        Assert.Equal(Work.SendDue, side.LastWork & Work.SendDue);
        Assert.Equal(2, side.PollAll().Count);
    }

    [Fact] // R-REQ-17: found by fuzzing; a peer took a forged packet for the message, and then acknowledged it without counting it.
    public void MessageCountThatLagsBehindWhatIsAcknowledgedStopsNobody()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3);
        Assert.Equal("SendOnly 100!", side.Sent());
        side.Ack(100, credits: 0, msn: 0);
        Assert.Equal("SendOnly 101!", side.Sent());
        side.Ack(101, credits: 0, msn: 0);
        Assert.Equal("SendOnly 102!", side.Sent());
    }

    [Fact] // R-REQ-17: the message beyond the limit asks, whatever follows it; one within the limit need not.
    public void TheProbeAsksForAnAcknowledgement()
    {
        var side = NewSide(Sparse);
        Post(side, SendOpcode.Send, 1);
        Post(side, SendOpcode.RdmaWrite, 2);
        Assert.Equal("SendOnly 100!, WriteOnly 101!", side.Sent());
        side.Ack(101, credits: 1, msn: 2);
        Post(side, SendOpcode.Send, 3);
        Post(side, SendOpcode.RdmaWrite, 4);
        Assert.Equal("SendOnly 102, WriteOnly 103!", side.Sent());
        Post(side, SendOpcode.Send, 5);
        Post(side, SendOpcode.RdmaWrite, 6);
        Assert.Equal("SendOnly 104!, WriteOnly 105!", side.Sent());
    }

    [Fact] // R-REQ-14, R-REQ-44: of a repetition only the last packet has to ask, though the newest message was a probe.
    public void ARepetitionBeforeAProbeAsksOnce()
    {
        var side = NewSide(Sparse);
        Post(side, SendOpcode.Send, 1);
        side.PollAll();
        side.Ack(100, credits: 1, msn: 1);
        Post(side, SendOpcode.Send, 2, 3);
        Assert.Equal("SendOnly 101, SendOnly 102!", side.Sent());
        side.AwaitDeadline();
        Assert.Equal("SendOnly 101, SendOnly 102!", side.Sent());
    }

    [Fact] // R-REQ-32: only the newest ACK is heard again; R-REQ-16: and only for its credits if it is one.
    public void OlderOnesAndNaksThatComeAgainGiveNoCredits()
    {
        var side = NewSide();
        Post(side, SendOpcode.Send, 1, 2, 3, 4);
        side.PollAll();
        side.Ack(100, credits: 0, msn: 1);
        Assert.Equal("SendOnly 101!", side.Sent());
        Assert.Equal(DropReason.StaleAck, side.Ack(99));
        Assert.Equal(DropReason.StaleAck, side.Acknowledge(100, Aeth.RnrNak(Aeth.UnlimitedCredit, 9)));
        Assert.Equal("", side.Sent());
        Assert.Equal(DropReason.StaleAck, side.Ack(100));
        Assert.Equal(2, side.PollAll().Count);
    }

    [Fact] // R-REQ-16, R-REQ-24: a response without AETH carries no credits when it comes again.
    public void AMiddleResponseThatComesAgainGivesNoCredits()
    {
        var side = NewSide();
        side.Post(1, SendOpcode.RdmaRead, 3 * SendSide.Mtu);
        Post(side, SendOpcode.Send, 2, 3);
        side.PollAll();
        side.ReadResponse(Opcode.RcReadResponseFirst, 100, new byte[256], Aeth.Ack(0, 0));
        byte[] likeUnlimited = [Aeth.UnlimitedCredit, .. new byte[255]];
        Assert.Equal(DropReason.None, side.ReadResponse(Opcode.RcReadResponseMiddle, 101, likeUnlimited));
        Assert.Equal(DropReason.StaleAck, side.ReadResponse(Opcode.RcReadResponseMiddle, 101, likeUnlimited));
        Assert.Equal("", side.Sent());
    }

    [Theory] // R-REQ-16, R-REQ-19: the AETH of a response with data counts as that of an ACK.
    [InlineData(SendOpcode.RdmaRead)]
    [InlineData(SendOpcode.FetchAndAdd)]
    public void ResponsesWithDataCarryCredits(SendOpcode opcode)
    {
        var side = NewSide();
        side.Post(1, opcode);
        Post(side, SendOpcode.Send, 2, 3, 4);
        Assert.Equal(2, side.PollAll().Count);
        if (opcode == SendOpcode.RdmaRead) side.ReadResponse(Opcode.RcReadResponseOnly, 100, new byte[8]);
        else side.AtomicAck(100, 0);
        Assert.Equal("SendOnly 102!, SendOnly 103!", side.Sent());
    }

    private static SendSide NewSide(QueuePairOptions? options = null)
    {
        var side = new SendSide(start: false, options: options);
        side.Connect(100, 4, 14, 3, 3);
        return side;
    }

    private static void Post(SendSide side, SendOpcode opcode, params ulong[] ids)
    {
        foreach (var id in ids) side.Post(id, opcode);
    }
}
