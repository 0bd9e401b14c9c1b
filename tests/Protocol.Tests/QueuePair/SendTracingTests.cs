using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>What an observer is told of work requests: each call with its arguments, in the order in which things happen.</summary>
public sealed class SendTracingTests
{
    private readonly RecordingObserver _observer = new();

    [Fact]
    public void AMessageIsTracedFromItsStartToItsEnd()
    {
        var side = Observed(new SendSide());
        side.Post(7, SendOpcode.Send, 300);
        side.PollAll();
        Assert.Equal(
            [
                "started 0 Send to 345678 number 1 psn 100-101 length 300 at 1000", "built 0 psn 100", "built 0 psn 101",
            ],
            _observer.Take());
        side.Now = new Instant(1500);
        side.Ack(101);
        Assert.Equal(
            ["ended 0 Send to 345678 psn 100-101 length 300 at 1000 id 7 Success started traced una 102 retries 0 rnr 0"],
            _observer.Take());
    }

    [Fact]
    public void PacketsThatAreSentAgainAreToldWithTheReason()
    {
        var side = Observed(new SendSide());
        side.Post(1, SendOpcode.RdmaWrite, 300);
        side.PollAll();
        _observer.Take();
        side.AwaitDeadline();
        side.PollAll();
        var now = side.Now.Nanoseconds;
        Assert.Equal([$"repeated 0 psn 100 Timeout at {now}", $"repeated 0 psn 101 Timeout at {now}"], _observer.Take());
        side.Nak(101, NakCode.PsnSequenceError);
        side.PollAll();
        Assert.Equal([$"nak 0 psn 101 PsnSequenceError at {now}", $"repeated 0 psn 101 SequenceNak at {now}"], _observer.Take());
        Assert.Equal((2, 1, 3, 1), (side.Machine.Counters.Retransmissions[(int)RetransmitReason.Timeout],
            side.Machine.Counters.Retransmissions[(int)RetransmitReason.SequenceNak], side.Machine.Counters.Retransmitted,
            side.Machine.Counters.ReceivedSequenceError));
    }

    [Fact]
    public void AWaitForTheReceiverIsToldWithItsTime()
    {
        var side = Observed(new SendSide());
        side.Post(1, SendOpcode.Send);
        side.PollAll();
        _observer.Take();
        side.Rnr(100, timer: 1);
        Assert.Equal(["rnr 0 psn 100 for 10000 at 1000"], _observer.Take());
        var waited = side.AwaitDeadline();
        side.PollAll();
        Assert.Equal([$"repeated 0 psn 100 ReceiverNotReady at {1000 + waited}"], _observer.Take());
        side.Nak(100, NakCode.RemoteOperationalError);
        Assert.Equal(
            [
                $"nak 0 psn 100 RemoteOperationalError at {1000 + waited}",
                "ended 0 Send to 345678 psn 100-100 length 8 at 1000 id 1 RemoteOperationError started traced una 100 retries 0 rnr 1",
            ],
            _observer.Take());
    }

    [Fact]
    public void WhatFailsIsToldOfWhetherItWasTracedOrNotAndStartedOrNot()
    {
        var side = new SendSide();
        _observer.Wants = false;
        Observed(side);
        side.Post(1, SendOpcode.Send);
        side.PollAll();
        side.Post(2, SendOpcode.RdmaWrite);
        Assert.Equal(["started 0 Send to 345678 number 1 psn 100-100 length 8 at 1000"], _observer.Take());
        side.Nak(100, NakCode.RemoteAccessError);
        Assert.Equal(
            [
                "nak 0 psn 100 RemoteAccessError at 1000",
                "ended 0 Send to 345678 psn 100-100 length 8 at 1000 id 1 RemoteAccessError started una 100 retries 0 rnr 0",
                "ended 1 RdmaWrite to 345678 psn 101-101 length 8 at 0 id 2 WorkRequestFlushedError una 100 retries 0 rnr 0",
            ],
            _observer.Take());
    }

    [Fact]
    public void DataOfATracedReadAreTold()
    {
        var side = Observed(new SendSide());
        side.Post(1, SendOpcode.RdmaRead, 300);
        side.PollAll();
        Assert.Equal(["started 0 RdmaRead to 345678 number 1 psn 100-101 length 300 at 1000", "built 0 psn 100"], _observer.Take());
        side.ReadResponse(Opcode.RcReadResponseFirst, 100, new byte[SendSide.Mtu]);
        side.ReadResponse(Opcode.RcReadResponseLast, 101, new byte[44]);
        Assert.Equal(
            [
                "data 0", "data 0",
                "ended 0 RdmaRead to 345678 psn 100-101 length 300 at 1000 id 1 Success started traced una 102 retries 0 rnr 0",
            ],
            _observer.Take());
    }

    [Theory] // Four bytes of the name, one that says whether a trace follows.
    [InlineData(null, "5264543100000000", 0)]
    [InlineData(9, "5264543101090909", 9)]
    public void APrefixGoesInFrontOfSendsOnly(int? fills, string head, byte last)
    {
        var side = Observed(new SendSide());
        side.Machine.Tracing.UsePrefix(true);
        _observer.Fills = (byte?)fills;
        side.Post(1, SendOpcode.RdmaWrite);
        side.Post(2, SendOpcode.Send, 8);
        var packets = side.PollAll();
        Assert.Equal([8, TracePrefix.Length + 8], packets.Select(packet => packet.Payload.Length));
        Assert.Equal(last, packets[1].Payload[TracePrefix.Length - 1]);
        Assert.Equal(SendSide.Bytes(0, 8), packets[1].Payload[TracePrefix.Length..]);
        Assert.Equal(head[..10], Convert.ToHexStringLower(packets[1].Payload)[..10]);
        Assert.Contains("prefix 1 5264543100000000 of 32", _observer.Take());
        side.Ack(101);
        Assert.Equal([8u, 8u], side.PollCompletions().Select(completion => completion.ByteLength));
    }

    private SendSide Observed(SendSide side)
    {
        (side.Machine.Tracing.Pace, side.Machine.Tracing.Observer) = (new SamplePace(oneIn: 1, limit: 0), _observer);
        return side;
    }
}
