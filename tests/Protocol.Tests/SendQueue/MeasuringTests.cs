using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>What is measured of a send queue, and counted of the answers to it.</summary>
public sealed class MeasuringTests
{
    private readonly SendSide _side = new();

    [Fact]
    public void OnePacketAtATimeIsTimedToTheAnswerThatCoversIt()
    {
        SendAt(1000);
        SendAt(1200);
        _side.Now = new Instant(1500);
        _side.Ack(101);
        Assert.Equal([500], _side.RoundTrips);
        SendAt(1600);
        _side.Now = new Instant(1650);
        _side.Ack(102);
        Assert.Equal([500, 50], _side.RoundTrips);
    }

    [Fact]
    public void OnlyAPacketThatAsksForAnAnswerIsTimed()
    {
        SendAt(1000, length: 600);
        _side.Now = new Instant(1200);
        _side.Ack(101);
        Assert.Empty(_side.RoundTrips);
        _side.Now = new Instant(1400);
        _side.Ack(102);
        Assert.Equal([400], _side.RoundTrips);
    }

    [Fact] // Karn: nobody knows which of the two was acknowledged.
    public void WhatWasSentAgainIsNotTimed()
    {
        SendAt(1000);
        _side.AwaitDeadline();
        Assert.NotEmpty(_side.PollAll());
        _side.Ack(100);
        Assert.Empty(_side.RoundTrips);
        SendAt(_side.Now.Nanoseconds);
        _side.Now = _side.Now.After(30);
        _side.Ack(101);
        Assert.Equal([30], _side.RoundTrips);
    }

    [Fact]
    public void OfAStampedWorkRequestTheEndIsToldWithItsStamp()
    {
        _side.Post(new SendWqe { WorkRequestId = 1, Opcode = SendOpcode.Send, PostedAt = 700 }, 1, 2, 3);
        _side.Post(new SendWqe { WorkRequestId = 2, Opcode = SendOpcode.Send }, 1, 2, 3);
        _side.PollAll();
        _side.Ack(101);
        Assert.Equal([(SendOpcode.Send, WorkCompletionStatus.Success, 700L)], _side.Ended);
    }

    [Fact]
    public void AnAnswerToSeveralWorkRequestsIsCountedApart()
    {
        var acks = _side.Machine.Counters.AcksReceived;
        long before = acks[0];
        SendAt(1000);
        _side.Ack(100);
        Assert.Equal((before + 1, 0), (acks[0], acks[1]));
        SendAt(1000);
        SendAt(1000);
        _side.Ack(102);
        Assert.Equal((before + 1, 1), (acks[0], acks[1]));
    }

    [Theory]
    [InlineData(NakCode.PsnSequenceError, 1)]
    [InlineData(NakCode.InvalidRequest, 2)]
    [InlineData(NakCode.RemoteAccessError, 3)]
    [InlineData(NakCode.RemoteOperationalError, 4)]
    public void RefusalsAreCountedByTheirCode(NakCode code, int index)
    {
        SendAt(1000);
        _side.Nak(100, code);
        Assert.Equal(index, NakIndex.Of(code));
        Assert.Equal((1, 1), (_side.Machine.Counters.NaksReceived[index], _side.Machine.Counters.NaksReceived.Sum));
    }

    [Fact]
    public void AMissingReceiveIsCounted()
    {
        var side = new ReceiveSide(0);
        side.Receive(side.Legal(Opcode.RcSendOnly, 0));
        Assert.Equal((1, 0), (side.Scope.Counters.MissingReceives[0], side.Scope.Counters.MissingReceives[1]));
    }

    // A READ is under way and another waits for it: the depth is 1.
    [Fact]
    public void WhatWasHeldUpAndGoesOnIsHeldUpNoLonger()
    {
        var side = new SendSide(depth: 1);
        side.Post(1, SendOpcode.RdmaRead);
        side.Post(2, SendOpcode.RdmaRead);
        side.PollAll();
        side.Now = new Instant(1600);
        Assert.Equal(600, side.Machine.HeldNanoseconds(SendHold.Fence, side.Now));
        side.ReadResponse(Opcode.RcReadResponseOnly, 100, new byte[8]);
        Assert.Equal("ReadRequest 101!", side.Sent());
        Assert.Equal(600, side.Machine.HeldNanoseconds(SendHold.Fence, new Instant(9000)));
    }

    private void SendAt(long nanoseconds, int length = 8)
    {
        _side.Now = new Instant(nanoseconds);
        _side.Post(9, SendOpcode.Send, length);
        Assert.NotEmpty(_side.PollAll());
    }
}
