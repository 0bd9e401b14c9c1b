using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>UC and UD with a shared receive queue: nobody is told, and what was taken is kept (R-RESP-17, R-RESP-38, R-RESP-44).</summary>
public sealed class UnreliableSharedTests
{
    private const uint E = HandQueuePair.FirstPsn;

    private readonly HandDevice _device = new();
    private readonly SharedReceiveQueue _shared;

    public UnreliableSharedTests() => _shared = _device.CreateShared();

    [Fact] // R-RESP-38, R-RESP-17: empty is a dropped message, not RNR; the next one finds what was posted meanwhile.
    public void AnEmptyQueueDropsTheMessage()
    {
        var pair = _device.Create(_shared, type: QueuePairType.UnreliableConnection);
        Assert.Equal(DropReason.SrqEmpty, pair.Receive(Send(Opcode.UcSendFirst, E, 256)));
        Post(1);
        Assert.Equal(DropReason.SrqEmpty, pair.Receive(Send(Opcode.UcSendLast, E + 1, 10)));
        Assert.Equal(DropReason.None, pair.Receive(Send(Opcode.UcSendOnly, E + 2, 10)));
        Assert.Equal("1 Success qp 12", _device.Completed());
        Assert.Equal("", pair.Answers());
        Assert.Equal(QueuePairState.ReadyToSend, pair.Context.State);
    }

    [Fact] // R-RESP-45: a WRITE with immediate places its data all the same.
    public void AWriteWithImmediateLosesOnlyItsImmediate()
    {
        var pair = _device.Create(_shared, type: QueuePairType.UnreliableConnection);
        var write = Send(Opcode.UcWriteOnlyImmediate, E, 10) with
        {
            Address = _device.Memory.Address, Key = _device.Memory.RemoteKey, Length = 10,
        };
        Assert.Equal(DropReason.SrqEmpty, pair.Receive(write));
        Assert.Equal(ReceiveSide.Pattern(10, (int)E), _device.Memory.AsSpan(0, 10).ToArray());
    }

    [Fact] // R-RESP-43, R-RESP-44: the receive of a message that is given up stays with the queue pair, for its next one.
    public void ARewoundReceiveServesTheNextMessageOfTheSameQueuePair()
    {
        Post(1);
        Post(2);
        var first = _device.Create(_shared, type: QueuePairType.UnreliableConnection);
        var second = _device.Create(_shared, type: QueuePairType.UnreliableConnection);
        Assert.Equal(DropReason.None, first.Receive(Send(Opcode.UcSendFirst, E, 256)));
        Assert.Equal(DropReason.OutOfSequence, first.Receive(Send(Opcode.UcSendLast, E + 2, 10)));
        Assert.Equal(DropReason.None, second.Receive(Send(Opcode.UcSendOnly, E, 20)));
        Assert.Equal(DropReason.None, first.Receive(Send(Opcode.UcSendOnly, E + 3, 30)));
        Assert.Equal("2 Success qp 13, 1 Success qp 12", _device.Completed());
        Assert.Equal(ReceiveSide.Pattern(30, (int)E + 3), _device.Memory.AsSpan(512, 30).ToArray());
    }

    [Theory] // R-CQ-20, R-RESP-40: a receive that is kept for the next message is in use, so it is flushed; and it is gone with RESET.
    [InlineData(QueuePairType.UnreliableConnection)]
    [InlineData(QueuePairType.UnreliableDatagram)]
    public void AKeptReceiveIsFlushed(QueuePairType type)
    {
        Post(1);
        Post(2);
        var pair = _device.Create(_shared, type: type);
        Spoil(pair);
        Assert.Equal(1, _shared.Count);
        pair.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError qp 12", _device.Completed());
        Assert.Equal(AsyncEventType.LastWorkRequestReached, pair.Events[^1]);
        Assert.Equal(1, _shared.Count);

        pair.Modify(QueuePairState.Reset);
        pair.Connect();
        Spoil(pair);
        pair.Modify(QueuePairState.Reset);
        Assert.Equal("", _device.Completed());
        Assert.Equal(0, _shared.Count);
    }

    [Fact] // R-RESP-46: one that does not fit is dropped, its receive waits for the next datagram of this queue pair.
    public void ADatagramThatDoesNotFitKeepsItsReceive()
    {
        _shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = _device.Memory.Entry(0, 100) });
        var pair = _device.Create(_shared, type: QueuePairType.UnreliableDatagram);
        Assert.Equal(DropReason.BadLength, pair.Receive(Datagram(61)));
        Assert.Equal(0, _shared.Count);
        Assert.Equal(DropReason.None, pair.Receive(Datagram(60)));
        Assert.Equal("1 Success qp 12", _device.Completed());
        Assert.Equal(DropReason.SrqEmpty, pair.Receive(Datagram(1)));
        Assert.Equal(ReceiveSide.Pattern(60, (int)E), _device.Memory.AsSpan(40, 60).ToArray());
    }

    [Fact] // R-RESP-44: a fault costs the message, not the receive; the domain of the entries is that of the queue.
    public void AReceiveOfAForeignDomainIsKeptToo()
    {
        var foreign = _device.Device.CreateProtectionDomain().AllocateMemory(512);
        _shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = foreign.Entry() });
        var pair = _device.Create(_shared, type: QueuePairType.UnreliableConnection);
        Assert.Equal(DropReason.MrViolation, pair.Receive(Send(Opcode.UcSendOnly, E, 10)));
        Assert.Equal(DropReason.MrViolation, pair.Receive(Send(Opcode.UcSendOnly, E + 1, 10)));
        Assert.Equal("", _device.Completed());
        Assert.Equal(QueuePairState.ReadyToSend, pair.Context.State);
    }

    // A message that takes a receive and is given up.
    private static void Spoil(HandQueuePair pair)
    {
        if (pair.Context.Type == QueuePairType.UnreliableDatagram)
        {
            Assert.Equal(DropReason.BadLength, pair.Receive(Datagram(600)));
            return;
        }

        Assert.Equal(DropReason.None, pair.Receive(Send(Opcode.UcSendFirst, E, 256)));
        Assert.Equal(DropReason.OutOfSequence, pair.Receive(Send(Opcode.UcSendLast, E + 2, 10)));
    }

    private void Post(ulong id) =>
        _shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = id, Entry = _device.Memory.Entry(id * 512, 512) });

    private static Request Send(Opcode opcode, uint psn, int length) =>
        new(opcode, psn) { Payload = ReceiveSide.Pattern(length, (int)psn) };

    private static Request Datagram(int length) => Send(Opcode.UdSendOnly, E, length) with
    {
        QueueKey = HandQueuePair.QueueKey, SourceQueuePair = 7,
    };
}
