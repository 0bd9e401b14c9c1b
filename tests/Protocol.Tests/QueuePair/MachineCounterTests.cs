using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Tests.Unreliable;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>What a machine counts of bytes, answers and time: each under its own name.</summary>
public sealed class MachineCounterTests
{
    [Fact]
    public void BytesAreThoseOfThePayload()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaWrite, 300);
        side.Post(2, SendOpcode.RdmaRead, 100);
        side.PollAll();
        var counters = side.Machine.Counters;
        Assert.Equal((300, 400, 0, 400), (counters.SentBytes, counters.BegunBytes, counters.EndedBytes, counters.InflightBytes));
        Assert.Equal((3, 3, 2), (side.Machine.InflightPackets, counters.SentRequests, counters.WorkRequests.Sum));
        side.ReadResponse(Opcode.RcReadResponseOnly, 102, new byte[100]);
        Assert.Equal((100, 400, 0), (counters.ReceivedBytes, counters.EndedBytes, counters.InflightBytes));
        Assert.Equal(0, side.Machine.InflightPackets);
    }

    [Fact]
    public void BytesOfRequestsAreCountedToo()
    {
        var side = new UnreliableSide();
        side.PostReceive(1, 100);
        side.Receive(UnreliableSide.Send(Opcode.UcSendOnly, UnreliableSide.FirstPsn, 60));
        Assert.Equal((60, 1, 0), (side.Machine.Counters.ReceivedBytes, side.Machine.Counters.ReceivedRequests,
            side.Machine.Counters.SentBytes));
        Assert.Equal(1, side.Machine.Counters.Requests[OperationIndex.Of(PacketOperation.Send)]);
    }

    [Fact]
    public void TheWindowIsToldWhileSomethingMayBeSent()
    {
        var side = new SendSide(options: QueuePairOptions.Default with { RequestWindowBytes = 256 * SendSide.Mtu });
        side.Post(1, SendOpcode.Send);
        side.PollAll();
        Assert.Equal((256, 1), (side.Machine.WindowLimit, side.Machine.InflightPackets));
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }, side.Now);
        Assert.Equal((256, 1), (side.Machine.WindowLimit, side.Machine.InflightPackets));
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.Error }, side.Now);
        Assert.Equal((0, 0), (side.Machine.WindowLimit, side.Machine.InflightPackets));
    }

    [Theory] // Each input accounts for the time up to it, because what it leads to may end the hold without a time.
    [InlineData("response")]
    [InlineData("request")]
    [InlineData("poll")]
    [InlineData("fail")]
    public void TimeThatSomethingIsHeldUpIsCountedUpToItsEnd(string end)
    {
        var side = HeldUp();
        side.Now = new Instant(1700);
        switch (end)
        {
            case "response": side.Nak(100, NakCode.RemoteAccessError); break;
            case "request": Refuse(side); break;
            case "poll": FailToStart(side); break;
            default: side.Machine.Fail(WorkCompletionStatus.FatalError, side.Now); break;
        }

        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal(700, side.Machine.HeldNanoseconds(SendHold.Fence, new Instant(99_999)));
        Assert.Equal(0, side.Machine.HeldNanoseconds(SendHold.Window, side.Now));
    }

    [Fact]
    public void TimeIsCountedUpToTheTimeoutThatEndsAll()
    {
        var side = HeldUp(retries: 0);
        side.AwaitDeadline();
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal(side.Now.Nanoseconds - 1000, side.Machine.HeldNanoseconds(SendHold.Fence, side.Now));
    }

    [Fact]
    public void AnswersAreCountedByKind()
    {
        var side = new ReceiveSide(0, receives: 4);
        side.Accept(side.Legal(Opcode.RcSendOnly, 0));
        Assert.Equal("ACK 0", side.Answers());
        side.Accept(side.Legal(Opcode.RcSendOnly, 1));
        side.Accept(side.Legal(Opcode.RcSendOnly, 2));
        Assert.Equal("ACK 2", side.Answers());
        side.Receive(side.Legal(Opcode.RcSendOnly, 5));
        Assert.Equal("NAK0 3", side.Answers());
        var counters = side.Scope.Counters;
        Assert.Equal((1, 1, 3), (counters.AcksSent[0], counters.AcksSent[1], counters.SentResponses));
        Assert.Equal((1, 1), (counters.NaksSent[NakIndex.Of(NakCode.PsnSequenceError)], counters.NaksSent.Sum));
    }

    [Fact]
    public void ANakForWantOfAReceiveAndAFatalOneAreCountedEachByItsKind()
    {
        var side = new ReceiveSide(0);
        side.Receive(side.Legal(Opcode.RcSendOnly, 0));
        side.PollAll();
        side.Receive(side.Legal(Opcode.RcWriteOnly, 0) with { Key = 0x99 });
        side.PollAll();
        var counters = side.Scope.Counters;
        Assert.Equal((1, 1, 2), (counters.SentRnr, counters.NaksSent[NakIndex.Of(NakCode.RemoteAccessError)], counters.NaksSent.Sum));
        Assert.Equal((1, 0), (counters.RefusedAccesses, counters.AcksSent.Sum));
    }

    // A READ is under way and another waits for it: the depth is 1.
    private static SendSide HeldUp(int retries = 3)
    {
        var side = new SendSide(depth: 1, retries: retries);
        side.Post(1, SendOpcode.RdmaRead, 8);
        side.Post(2, SendOpcode.RdmaRead, SendFlags.None, new ScatterGatherEntry(side.SinkAddress, 8, 0xBAD));
        Assert.Equal("ReadRequest 100!", side.Sent());
        return side;
    }

    private static void Refuse(SendSide side)
    {
        var request = new Request(Opcode.RcWriteOnly, 500)
        {
            DestinationQueuePair = SendSide.Number, Address = 1, Key = 0xBAD, Length = 4, Payload = [1, 2, 3, 4],
        };
        PacketView.TryParse(request.ToBytes(), out var view);
        side.Machine.ReceiveRequest(view, default, side.Now, out _);
    }

    // The hold goes on until the poll, though what was awaited has come before.
    private static void FailToStart(SendSide side)
    {
        var now = side.Now;
        side.Now = new Instant(1200);
        side.ReadResponse(Opcode.RcReadResponseOnly, 100, new byte[8]);
        side.Now = now;
        side.PollAll();
    }
}
