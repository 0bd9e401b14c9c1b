using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.Unreliable;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>What an observer is told of the messages that are received.</summary>
public sealed class TracingTests
{
    [Fact]
    public void NothingIsToldOfAMessageThatWasBeingReceivedWhenTheQueuePairWasReset()
    {
        var (side, observer) = (new UnreliableSide(), new RecordingObserver());
        (side.Machine.Tracing.Pace, side.Machine.Tracing.Observer) = (new SamplePace(oneIn: 1, limit: 0), observer);
        side.PostReceive(1, 1024);
        Assert.Equal(DropReason.None, side.Receive(UnreliableSide.Send(Opcode.UcSendFirst, UnreliableSide.FirstPsn, UnreliableSide.Mtu)));
        Assert.Equal(
            [
                "receiving Send 345678 to 21 number 100 psn 100 sampled at 0", "foreseen",
                "executed psn 100 last 100 bytes 256 at 0",
            ],
            observer.Take());
        side.Modify(QueuePairState.Reset);
        side.Walk(UnreliableSide.FirstPsn, AccessFlags.RemoteWrite, QueuePairState.ReadyToSend, PathMtu.Mtu256);
        var middle = UnreliableSide.Send(Opcode.UcSendMiddle, UnreliableSide.FirstPsn, UnreliableSide.Mtu);
        Assert.Equal(DropReason.BadOpcode, side.Receive(middle));
        Assert.Empty(observer.Take());
    }

    [Fact]
    public void AnswersAreToldByKindWhileOneIsAwaited()
    {
        var (side, observer) = (new ReceiveSide(0), new RecordingObserver());
        side.Scope.Tracing.Observer = observer;
        side.Receive(side.Legal(Opcode.RcSendOnly, 0));
        side.PollAll();
        Assert.Empty(observer.Take());
        side.Scope.Tracing.AwaitsAnswer = true;
        side.Receive(side.Legal(Opcode.RcSendOnly, 0));
        side.PollAll();
        Assert.Equal(["answered psn 0 RNR"], observer.Take());
        side.Accept(side.Legal(Opcode.RcWriteOnly, 0));
        side.PollAll();
        Assert.Equal(["answered psn 0 ack"], observer.Take());
        side.Receive(side.Legal(Opcode.RcWriteOnly, 3));
        side.PollAll();
        Assert.Equal(["answered psn 1 PsnSequenceError"], observer.Take());
        side.Receive(side.Legal(Opcode.RcWriteOnly, 1) with { Key = 0x99 });
        side.PollAll();
        Assert.Equal(["answered psn 1 RemoteAccessError"], observer.Take());
    }
}
