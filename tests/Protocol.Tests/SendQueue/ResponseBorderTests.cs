using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>Where the rows of the decision table meet each other, an error, or the end of the ring (R-REQ-33, R-REQ-36).</summary>
public sealed class ResponseBorderTests
{
    [Fact] // ACK, p ≥ una: no more than it says, though the next work request with data is further on.
    public void AnAckBeforeAReadAcknowledgesNoMoreThanItSays()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send);
        side.Post(3, SendOpcode.RdmaRead, 8);
        side.PollAll();
        side.Ack(100);
        Assert.Equal("1 Success", side.Completed());
        side.AwaitDeadline();
        Assert.Equal("SendOnly 101!, ReadRequest 102!", side.Sent());
    }

    [Fact] // READ RESP for a work request that awaits none: in a ring of one slot there is no other to take for it.
    public void DataForASendInTheSmallestRingAreABadResponse()
    {
        var side = new SendSide(capacity: 1);
        side.Post(1, SendOpcode.Send);
        side.PollAll();
        side.ReadResponse(Opcode.RcReadResponseOnly, 100, []);
        Assert.Equal("1 BadResponseError", side.Completed());
    }

    [Theory] // R-REQ-26: READ RESPONSE ONLY, empty, and nothing else.
    [InlineData(Opcode.RcReadResponseFirst, 0)]
    [InlineData(Opcode.RcReadResponseLast, 0)]
    [InlineData(Opcode.RcReadResponseMiddle, 0)]
    [InlineData(Opcode.RcReadResponseOnly, 1)]
    public void AFlushIsAnsweredByAnEmptyOnly(Opcode opcode, int payload)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Flush, SendFlags.None);
        side.PollAll();
        side.ReadResponse(opcode, 100, new byte[payload]);
        Assert.Equal("1 BadResponseError", side.Completed());
    }

    [Fact] // R-CQ-8: an overrun on the way is the end; what the ACK implies besides is not asked any more.
    public void AnOverrunDuringAnAckLeavesNothingToRetry()
    {
        var side = new SendSide(completions: 1);
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send);
        side.Post(3, SendOpcode.RdmaRead, 8);
        side.Post(4, SendOpcode.Send);
        side.PollAll();
        side.Ack(103);
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal((0, 0), (side.Machine.Counters.ImpliedNaks, side.Machine.Counters.Retries));
        Assert.Equal("", side.Sent());
    }
}
