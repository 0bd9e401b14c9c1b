using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 9 and the credit table of R-REQ-20.</summary>
public sealed class AckGenerationTests
{
    private const uint E = 200;

    [Fact] // R-RESP-31: destination, SE, A, P_Key and pad of a response.
    public void AResponseIsAddressedToThePeer()
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Read(E, 0, 5) with { AckRequest = true, Solicited = true });
        var answer = Assert.Single(side.PollAll());
        Assert.Equal((ReceiveSide.PeerNumber, false, false), (answer.DestinationQueuePair, answer.AckRequest, answer.Solicited));
        Assert.Equal(3, answer.PadCount);
        Assert.Equal(1, side.Scope.Counters.SentResponses);
    }

    [Fact] // R-RESP-32: one ACK for everything that was executed, with the newest PSN.
    public void AcksAreMerged()
    {
        var side = new ReceiveSide(E, receives: 3);
        for (uint i = 0; i < 3; i++) Assert.Equal(Work.ResponseDue, side.Receive(side.Legal(Opcode.RcSendOnly, E + i)));
        side.Accept(side.Legal(Opcode.RcWriteFirst, E + 3) with { AckRequest = false });
        var answer = Assert.Single(side.PollAll());
        Assert.Equal(("ACK 203", 3u), (answer.ToString(), answer.Msn));
        Assert.Equal(2, side.Scope.Counters.MergedAcks);
        Assert.False(side.Acks.HasWork);
    }

    [Fact] // R-RESP-32: without A nothing is owed.
    public void ARequestWithoutAckRequestIsNotAcknowledged()
    {
        var side = new ReceiveSide(E, receives: 1);
        Assert.Equal(Work.None, side.Receive(side.Legal(Opcode.RcSendOnly, E) with { AckRequest = false }));
        Assert.Equal("", side.Answers());
    }

    [Fact] // R-RESP-32: a READ and an atomic are acknowledged by their answer, whatever A says.
    public void AReadIsAcknowledgedByItsResponse()
    {
        var side = new ReceiveSide(E);
        Assert.Equal(Work.ResponseDue, side.Receive(side.Read(E, 0, 8) with { AckRequest = false }));
        side.Accept(side.Legal(Opcode.RcFetchAdd, E + 1) with { AckRequest = false });
        Assert.True(side.Acks.HasWork);
        Assert.Equal("ONLY 200, ATOMIC 201", side.Answers());
    }

    [Fact] // R-RESP-33: the ACK of a request behind a READ waits for the READ's last response; one before it is implied by the READ.
    public void ResponsesLeaveInPsnOrder()
    {
        var side = new ReceiveSide(E, receives: 2);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        side.Accept(side.Read(E + 1, 0, 600));
        side.Accept(side.Legal(Opcode.RcSendOnly, E + 4));
        side.Accept(side.Legal(Opcode.RcFetchAdd, E + 5));
        side.Accept(side.Legal(Opcode.RcWriteOnly, E + 6));
        Assert.Equal("FIRST 201, MIDDLE 202, LAST 203, ATOMIC 205, ACK 206", side.Answers());
    }

    [Fact] // R-RESP-33: the ACK of an older request is not sent after a READ that has implied it.
    public void AnAckThatAReadImpliedIsNotSent()
    {
        var side = new ReceiveSide(E, receives: 1);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        side.Accept(side.Read(E + 1, 0, 8));
        Assert.Equal("ONLY 201", side.Answers());
    }

    [Fact] // R-RESP-34: a NAK acknowledges everything before it, but the answers before it still leave.
    public void ANakReplacesTheAck()
    {
        var side = new ReceiveSide(E, receives: 1);
        side.Accept(side.Read(E, 0, 8));
        side.Accept(side.Legal(Opcode.RcSendOnly, E + 1));
        side.Receive(side.Legal(Opcode.RcSendOnly, E + 3));
        Assert.Equal("ONLY 200, NAK0 202", side.Answers());
    }

    [Fact] // R-RESP-26: AETH with syndrome ACK in FIRST, LAST and ONLY, none in MIDDLE; PSNs upward; the MSN counts the READ.
    public void ReadResponsesCarryAethAtTheirEnds()
    {
        var side = new ReceiveSide(E);
        ReceiveSide.Pattern(700).CopyTo(side.Region);
        side.Accept(side.Read(E, 0, 700));
        side.Accept(side.Read(E + 3, 0, 0));
        var answers = side.PollAll();
        Assert.Equal("FIRST 200, MIDDLE 201, LAST 202, ONLY 203", string.Join(", ", answers));
        Assert.Equal([true, false, true, true], answers.Select(a => a.Syndrome is < 0x20));
        Assert.Equal([256, 256, 188, 0], answers.Select(a => a.Payload.Length));
        Assert.Equal(ReceiveSide.Pattern(700), answers.SelectMany(a => a.Payload).ToArray());
        Assert.Equal(2u, answers[^1].Msn);
    }

    [Fact] // A request that comes while a READ is being answered does not disturb the answer.
    public void AReadIsContinuedAcrossPolls()
    {
        var side = new ReceiveSide(0xFFFFFE, receives: 4);
        side.Accept(side.Read(0xFFFFFE, 0, 1024));
        Assert.Equal("FIRST 16777214", side.Poll()!.ToString());
        side.Accept(side.Legal(Opcode.RcSendOnly, 2));
        Assert.Equal("MIDDLE 16777215", side.Poll()!.ToString());
        Assert.Equal("MIDDLE 0, LAST 1, ACK 2", side.Answers());
    }

    [Theory] // R-REQ-20: the largest value of the table that is not above the posted receives.
    [InlineData(0, 0x00)] [InlineData(1, 0x01)] [InlineData(2, 0x02)] [InlineData(3, 0x03)] [InlineData(4, 0x04)] [InlineData(5, 0x04)]
    [InlineData(6, 0x05)] [InlineData(7, 0x05)] [InlineData(8, 0x06)] [InlineData(12, 0x07)] [InlineData(16, 0x08)] [InlineData(24, 0x09)]
    [InlineData(32, 0x0A)] [InlineData(48, 0x0B)] [InlineData(64, 0x0C)] [InlineData(96, 0x0D)] [InlineData(128, 0x0E)]
    [InlineData(192, 0x0F)]
    [InlineData(255, 0x0F)] [InlineData(256, 0x10)] [InlineData(384, 0x11)] [InlineData(512, 0x12)] [InlineData(768, 0x13)]
    [InlineData(1024, 0x14)] [InlineData(1536, 0x15)] [InlineData(2048, 0x16)] [InlineData(3072, 0x17)] [InlineData(4096, 0x18)]
    [InlineData(6144, 0x19)] [InlineData(8192, 0x1A)] [InlineData(12288, 0x1B)] [InlineData(16384, 0x1C)] [InlineData(24575, 0x1C)]
    [InlineData(24576, 0x1D)] [InlineData(32767, 0x1D)] [InlineData(32768, 0x1E)] [InlineData(1048576, 0x1E)] [InlineData(-1, 0x00)]
    public void CreditsAreEncodedByTheTable(int posted, byte code) =>
        Assert.Equal(code, Protocol.ReceiveQueue.CreditCode.Encode(posted));

    [Fact] // R-REQ-16, R-REQ-20: what is posted is granted; a receive in use counts until its message ends, as the MSN does.
    public void PostedReceivesAreGranted()
    {
        var side = new ReceiveSide(E, receives: 4);
        side.Accept(side.Legal(Opcode.RcSendFirst, E));
        Assert.Equal((0x04, 0u), Grant(side));
        side.Accept(side.Legal(Opcode.RcSendLast, E + 1));
        Assert.Equal((0x03, 1u), Grant(side));
    }

    [Fact] // R-REQ-19: as Soft-RoCE does it, by option.
    public void CreditsCanBeUnlimited()
    {
        var side = new ReceiveSide(E, receives: 4, options: QueuePairOptions.Default with { AdvertiseUnlimitedCredits = true });
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal((0x1F, 1u), Grant(side));
    }

    private static (int Syndrome, uint Msn) Grant(ReceiveSide side)
    {
        var answer = Assert.Single(side.PollAll());
        return (answer.Syndrome!.Value, answer.Msn);
    }
}
