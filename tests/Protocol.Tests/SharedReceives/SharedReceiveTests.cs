using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>Queue pairs that share a receive queue: responder.md section 12, R-CQ-20, R-REQ-19.</summary>
public sealed class SharedReceiveTests
{
    private const uint E = HandQueuePair.FirstPsn;

    private readonly HandDevice _device = new();

    [Fact] // R-RESP-38, R-RESP-22: bound at the first packet, in the order of first packets, whoever finishes first.
    public void AReceiveIsBoundAtTheFirstPacketOfAMessage()
    {
        var shared = Posted(3);
        var (first, second) = (_device.Create(shared), _device.Create(shared));
        Accept(first, Send(Opcode.RcSendFirst, E, 256));
        Accept(second, Send(Opcode.RcSendFirst, E, 256));
        Assert.Equal(1, shared.Count);
        Accept(second, Send(Opcode.RcSendLast, E + 1, 10));
        Accept(second, Send(Opcode.RcSendOnly, E + 2, 20));
        Accept(first, Send(Opcode.RcSendLast, E + 1, 30));
        Assert.Equal("2 Success qp 13, 3 Success qp 13, 1 Success qp 12", _device.Completed());
        Assert.Equal(ReceiveSide.Pattern(256, (int)E), Slot(1, 256));
        Assert.Equal(ReceiveSide.Pattern(30, (int)E + 1), Slot(1, 286)[256..]);
        Assert.Equal(ReceiveSide.Pattern(10, (int)E + 1), Slot(2, 266)[256..]);
        Assert.Equal(ReceiveSide.Pattern(20, (int)E + 2), Slot(3, 20));
    }

    [Fact] // R-RESP-38, R-RESP-16: empty is RNR; what another queue pair took is gone.
    public void AnEmptyQueueIsNotReady()
    {
        var shared = Posted(1);
        var (first, second) = (_device.Create(shared), _device.Create(shared));
        Accept(first, Send(Opcode.RcSendFirst, E, 256));
        Assert.Equal(DropReason.SrqEmpty, second.Receive(Send(Opcode.RcSendOnly, E, 10)));
        Assert.Equal($"RNR {E}", second.Answers());
        Assert.Equal(DropReason.SrqEmpty, second.Receive(Send(Opcode.RcWriteOnlyImmediate, E, 0)));
        Assert.Equal($"RNR {E}", second.Answers());
        Post(shared, 2);
        Accept(second, Send(Opcode.RcSendOnly, E, 10));
        Accept(first, Send(Opcode.RcSendLast, E + 1, 10));
        Assert.Equal("2 Success qp 13, 1 Success qp 12", _device.Completed());
    }

    [Fact] // R-RESP-23: a WRITE with immediate takes one at its last packet and touches none of it.
    public void AWriteWithImmediateTakesItsReceiveAtTheEnd()
    {
        var shared = Posted(1);
        var pair = _device.Create(shared);
        Accept(pair, Write(Opcode.RcWriteFirst, E, 256) with { Length = 300 });
        Assert.Equal(1, shared.Count);
        Accept(pair, Write(Opcode.RcWriteLastImmediate, E + 1, 44));
        Assert.Equal(0, shared.Count);
        Assert.Equal("1 Success qp 12", _device.Completed());
    }

    [Fact] // R-REQ-19
    public void CreditsAreUnlimited()
    {
        var pair = _device.Create(Posted(1));
        Accept(pair, Send(Opcode.RcSendOnly, E, 10));
        Assert.Equal((byte)0x1F, Assert.Single(pair.Responses()).Syndrome);
    }

    [Fact] // R-RESP-39: through the machine; the event is the queue's, not the queue pair's.
    public void TheLimitIsTold()
    {
        var shared = _device.CreateShared(limit: 2);
        for (ulong id = 1; id <= 3; id++) Post(shared, id);
        var pair = _device.Create(shared);
        Accept(pair, Send(Opcode.RcSendOnly, E, 10));
        Assert.Empty(_device.Events());
        Accept(pair, Send(Opcode.RcSendOnly, E + 1, 10));
        Assert.Equal([(AsyncEventType.SharedReceiveQueueLimitReached, shared)], _device.Events());
        Accept(pair, Send(Opcode.RcSendOnly, E + 2, 10));
        Assert.Empty(_device.Events());
        Assert.DoesNotContain(AsyncEventType.SharedReceiveQueueLimitReached, pair.Events);
    }

    [Fact] // R-RESP-40, R-CQ-20: only the one in use is flushed, then the event, once; the others are there for other queue pairs.
    public void OnlyTheReceiveInUseIsFlushed()
    {
        var shared = Posted(3);
        var (first, second) = (_device.Create(shared), _device.Create(shared));
        Accept(first, Send(Opcode.RcSendFirst, E, 256));
        first.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError qp 12", _device.Completed());
        Assert.Equal([AsyncEventType.LastWorkRequestReached], first.Events);
        first.Modify(QueuePairState.Error);
        first.Machine.Fail(WorkCompletionStatus.FatalError, first.Now);
        Assert.Single(first.Events);
        Assert.Equal(2, shared.Count);
        Accept(second, Send(Opcode.RcSendOnly, E, 10));
        Assert.Equal("2 Success qp 13", _device.Completed());
        Assert.Equal(QueuePairState.ReadyToSend, second.Context.State);
    }

    [Fact] // R-RESP-40: also without one in use, after a fault of the peer, and again after the way through RESET.
    public void TheLastReceiveIsToldOnceEachTime()
    {
        var shared = Posted(3);
        var pair = _device.Create(shared);
        pair.Receive(Send(Opcode.RcSendMiddle, E, 256));
        Assert.Equal([AsyncEventType.QueuePairRequestError, AsyncEventType.LastWorkRequestReached], pair.Events);
        Assert.Equal($"NAK1 {E}", pair.Answers());
        Assert.Equal("", _device.Completed());
        pair.Modify(QueuePairState.Reset);
        pair.Connect();
        pair.Events.Clear();
        pair.Modify(QueuePairState.Error);
        Assert.Equal([AsyncEventType.LastWorkRequestReached], pair.Events);
        Assert.Equal(3, shared.Count);
    }

    [Fact] // A queue pair with a receive queue of its own has no last one to tell of.
    public void AnOwnReceiveQueueTellsOfNone()
    {
        var own = new HandQueuePair(_device, QueuePairContextFactory.Create(
            _device.Domain, new QueuePairInitAttributes { SendCompletionQueue = _device.Cq, ReceiveCompletionQueue = _device.Cq }));
        own.Modify(QueuePairState.Error);
        Assert.Empty(own.Events);
    }

    [Fact] // R-RESP-50: RESET discards the one in use in silence.
    public void ResetDiscardsTheReceiveInUse()
    {
        var shared = Posted(2);
        var pair = _device.Create(shared);
        Accept(pair, Send(Opcode.RcSendFirst, E, 256));
        pair.Modify(QueuePairState.Reset);
        pair.Connect();
        Assert.Equal("", _device.Completed());
        Accept(pair, Send(Opcode.RcSendOnly, E, 10));
        Assert.Equal("2 Success qp 12", _device.Completed());
    }

    [Fact] // R-RESP-41: as if empty, but a message that has its receive goes on.
    public void AFailedQueueIsNotReady()
    {
        var shared = Posted(2);
        var (first, second) = (_device.Create(shared), _device.Create(shared));
        Accept(first, Send(Opcode.RcSendFirst, E, 256));
        shared.Context.Fail();
        Assert.Equal([(AsyncEventType.SharedReceiveQueueError, shared)], _device.Events());
        Assert.Equal(DropReason.SrqEmpty, second.Receive(Send(Opcode.RcSendOnly, E, 10)));
        Assert.Equal($"RNR {E}", second.Answers());
        Accept(first, Send(Opcode.RcSendLast, E + 1, 10));
        Assert.Equal("1 Success qp 12", _device.Completed());
    }

    [Fact] // The memory of its receives is of its own domain, which need not be that of the queue pair.
    public void TheEntriesAreOfTheDomainOfTheQueue()
    {
        var other = _device.Device.CreateProtectionDomain();
        var memory = other.AllocateMemory(512);
        var shared = _device.CreateShared(other);
        shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = memory.Entry() });
        shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 2, Entry = _device.Memory.Entry(0, 512) });
        var pair = _device.Create(shared);
        Accept(pair, Send(Opcode.RcSendOnly, E, 100));
        Assert.Equal(ReceiveSide.Pattern(100, (int)E), memory.AsSpan(0, 100).ToArray());
        // R_Keys stay those of the queue pair's domain.
        Accept(pair, Write(Opcode.RcWriteOnly, E + 1, 100));
        pair.Receive(Send(Opcode.RcSendOnly, E + 2, 100));
        Assert.Equal($"NAK3 {E + 2}", pair.Answers());
        Assert.Equal("1 Success qp 12, 2 LocalProtectionError qp 12", _device.Completed());
    }

    [Fact] // Check 10: a message that does not fit fails the receive it has taken, and only that one.
    public void AMessageTooLongFailsItsReceive()
    {
        var shared = _device.CreateShared();
        shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = _device.Memory.Entry(0, 99) });
        Post(shared, 2);
        var pair = _device.Create(shared);
        pair.Receive(Send(Opcode.RcSendOnly, E, 100));
        Assert.Equal($"NAK1 {E}", pair.Answers());
        Assert.Equal("1 LocalLengthError qp 12", _device.Completed());
        Assert.Equal([AsyncEventType.LastWorkRequestReached], pair.Events);
        Assert.Equal(1, shared.Count);
    }

    [Fact] // R-CQ-8: a queue that overruns takes the queue pair along, not the shared queue.
    public void AnOverrunEndsTheQueuePairOnly()
    {
        var small = _device.Device.CreateCompletionQueue(1);
        var shared = Posted(4);
        var (first, second) = (_device.Create(shared, small), _device.Create(shared));
        Accept(first, Send(Opcode.RcSendOnly, E, 10));
        first.Receive(Send(Opcode.RcSendOnly, E + 1, 10));
        Assert.Equal(QueuePairState.Error, first.Context.State);
        Assert.Equal([AsyncEventType.QueuePairFatal, AsyncEventType.LastWorkRequestReached], first.Events);
        Accept(second, Send(Opcode.RcSendOnly, E, 10));
        Assert.Equal("3 Success qp 13", _device.Completed());
    }

    [Fact] // R-RESP-18: a duplicate takes none.
    public void ADuplicateTakesNoReceive()
    {
        var shared = Posted(2);
        var pair = _device.Create(shared);
        Accept(pair, Send(Opcode.RcSendOnly, E, 10));
        Assert.Equal(DropReason.Duplicate, pair.Receive(Send(Opcode.RcSendOnly, E, 10)));
        Assert.Equal(1, shared.Count);
    }

    private SharedReceiveQueue Posted(int count)
    {
        var shared = _device.CreateShared();
        for (ulong id = 1; id <= (ulong)count; id++) Post(shared, id);
        return shared;
    }

    private void Post(SharedReceiveQueue shared, ulong id) => shared.PostReceive(
        new ReceiveWorkRequest
        {
            WorkRequestId = id, Entries = new[] { _device.Memory.Entry(id * 512, 200), _device.Memory.Entry((id * 512) + 200, 312) },
        });

    private byte[] Slot(ulong id, int length) => _device.Memory.AsSpan(id * 512, length).ToArray();

    private static void Accept(HandQueuePair pair, Request request) => Assert.Equal(DropReason.None, pair.Receive(request));

    private static Request Send(Opcode opcode, uint psn, int length) =>
        new(opcode, psn) { Payload = ReceiveSide.Pattern(length, (int)psn) };

    private Request Write(Opcode opcode, uint psn, int length) => Send(opcode, psn, length) with
    {
        Address = _device.Memory.Address, Key = _device.Memory.RemoteKey, Length = (uint)length,
    };
}
