using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>XRC targets: R-RESP-42, and all that they do as RC does (responder.md).</summary>
public sealed class XrcTargetTests
{
    private const uint E = HandQueuePair.FirstPsn;

    private readonly HandDevice _device = new();
    private readonly XrcDomain _domain;
    private readonly SharedReceiveQueue _queue;
    private readonly HandQueuePair _target;

    public XrcTargetTests()
    {
        _domain = _device.Device.OpenXrcDomain();
        _queue = _device.CreateXrc(_domain);
        _target = _device.CreateTarget(_domain);
    }

    [Fact] // R-RESP-42: each message goes to the queue it names and completes to that queue's CQ, as a receive of the target.
    public void TheRequestNamesTheQueue()
    {
        var queue = _device.Device.CreateCompletionQueue(8);
        var other = _device.CreateXrc(_domain, queue: queue);
        Post(_queue, 1);
        Post(other, 2);
        Post(other, 3);
        var second = _device.CreateTarget(_domain);
        Accept(_target, Send(Opcode.XrcSendOnly, E, 10) with { SharedReceiveQueue = other.Number });
        Accept(_target, Send(Opcode.XrcSendOnly, E + 1, 11));
        Accept(second, Send(Opcode.XrcSendOnlyImmediate, E, 12) with { SharedReceiveQueue = other.Number, Immediate = 77 });
        Assert.Equal("1 Success qp 12", _device.Completed());
        var completions = HandDevice.Poll(queue);
        Assert.Equal([(2ul, 0x12u, 10u, 0u), (3, 0x13, 12, 77)],
            completions.Select(c => (c.WorkRequestId, c.QueuePairNumber, c.ByteLength, c.Immediate)));
        Assert.All(completions, completion => Assert.Equal(HandQueuePair.PeerNumber, completion.SourceQueuePair));
        Assert.Equal(["ACK 257", "ACK 256"], new[] { _target, second }.Select(target => target.Answers()));
    }

    [Theory] // R-RESP-42: NAK 1 for a queue that is not there, is basic (it has no number), of another domain, or gone; for every request.
    [InlineData("unknown", Opcode.XrcSendOnly)]
    [InlineData("unknown", Opcode.XrcWriteOnly)]
    [InlineData("unknown", Opcode.XrcReadRequest)]
    [InlineData("unknown", Opcode.XrcFetchAdd)]
    [InlineData("basic", Opcode.XrcSendOnly)]
    [InlineData("foreign", Opcode.XrcSendOnly)]
    [InlineData("foreign", Opcode.XrcWriteOnly)]
    [InlineData("gone", Opcode.XrcSendFirst)]
    [InlineData("gone", Opcode.XrcReadRequest)]
    public void AQueueThatMayNotBeNamedIsAnInvalidRequest(string which, Opcode opcode)
    {
        Post(_queue, 1);
        var foreign = _device.CreateXrc(_device.Device.OpenXrcDomain());
        var gone = _device.CreateXrc(_domain);
        var number = which switch
        {
            "basic" => _device.CreateShared().Context.Number,
            "foreign" => foreign.Number,
            "gone" => gone.Number,
            _ => 0xFFFFFFu,
        };
        gone.Dispose();
        var length = opcode == Opcode.XrcSendFirst ? 256 : opcode is Opcode.XrcSendOnly or Opcode.XrcWriteOnly ? 8 : 0;
        Assert.Equal(DropReason.BadHeader, _target.Receive(Remote(Send(opcode, E, length), 8) with { SharedReceiveQueue = number }));
        var nak = Assert.Single(_target.Responses());
        Assert.Equal((Opcode.XrcAcknowledge, E, (byte)0x61, 0u), (nak.Opcode, nak.Psn, nak.Syndrome!.Value, nak.Msn));
        Assert.Equal([AsyncEventType.QueuePairRequestError, AsyncEventType.LastWorkRequestReached], _target.Events);
        Assert.Equal(QueuePairState.Error, _target.Context.State);
        Assert.Equal(1, _queue.Count);
    }

    [Fact] // All packets of a message name the same queue, because it decides whose memory it may touch.
    public void AMessageMayNotChangeItsQueue()
    {
        var other = _device.CreateXrc(_domain);
        Post(_queue, 1);
        Post(other, 2);
        Accept(_target, Send(Opcode.XrcSendFirst, E, 256));
        _target.Receive(Send(Opcode.XrcSendLast, E + 1, 10) with { SharedReceiveQueue = other.Number });
        Assert.Equal($"NAK1 {E + 1}", _target.Answers());
        Assert.Equal("1 RemoteInvalidRequestError qp 12", _device.Completed());
        Assert.Equal(1, other.Count);
    }

    [Fact] // R-RESP-16, R-RESP-41: the queue that is named is empty, or failed: not ready, and what touches no receive goes on.
    public void AnEmptyOrFailedQueueIsNotReady()
    {
        var other = _device.CreateXrc(_domain);
        Post(other, 1);
        Assert.Equal(DropReason.SrqEmpty, _target.Receive(Send(Opcode.XrcSendOnly, E, 10)));
        var rnr = Assert.Single(_target.Responses());
        Assert.Equal((Opcode.XrcAcknowledge, E, (byte)(0x20 | 12)), (rnr.Opcode, rnr.Psn, rnr.Syndrome!.Value));
        Accept(_target, Remote(Send(Opcode.XrcWriteOnly, E, 8), 8));
        Post(_queue, 2);
        _queue.Context.Fail();
        Assert.Equal(DropReason.SrqEmpty, _target.Receive(Send(Opcode.XrcSendOnly, E + 1, 10)));
        Accept(_target, Remote(Send(Opcode.XrcReadRequest, E + 1, 0), 8));
        Accept(_target, Send(Opcode.XrcSendOnly, E + 2, 10) with { SharedReceiveQueue = other.Number });
        Assert.Equal("1 Success qp 12", _device.Completed());
    }

    [Fact] // R-RESP-42: a target has no protection domain: the entries, and the R_Keys, are of the domain of the queue that is named.
    public void KeysAreOfTheDomainOfTheQueue()
    {
        var domain = _device.Device.CreateProtectionDomain();
        var memory = domain.AllocateMemory(1024, HandDevice.All);
        var other = _device.CreateXrc(_domain, domain);
        var write = Remote(Send(Opcode.XrcWriteOnly, E, 8), 8);
        var foreign = write with { Psn = E + 1, SharedReceiveQueue = other.Number };
        Accept(_target, write);
        Accept(_target, foreign with { Address = memory.Address, Key = memory.RemoteKey });
        Assert.Equal(ReceiveSide.Pattern(8, (int)E), memory.AsSpan(0, 8).ToArray());
        other.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = memory.Entry(512, 512) });
        Accept(_target, Send(Opcode.XrcSendOnly, E + 2, 20) with { SharedReceiveQueue = other.Number });
        Assert.Equal(ReceiveSide.Pattern(20, (int)E + 2), memory.AsSpan(512, 20).ToArray());
        _target.Responses();
        _target.Receive(foreign with { Psn = E + 3 });
        Assert.Equal($"NAK2 {E + 3}", _target.Answers());
    }

    [Fact] // … also when a READ is answered after a request for another queue came, and again when it is replayed (responder.md section 7).
    public void AReadIsAnsweredInTheDomainOfItsOwnQueue()
    {
        var domain = _device.Device.CreateProtectionDomain();
        var memory = domain.AllocateMemory(1024, HandDevice.All);
        memory.AsSpan(0, 600).Fill(0x5A);
        var other = _device.CreateXrc(_domain, domain);
        var read = new Request(Opcode.XrcReadRequest, E)
        {
            Address = memory.Address, Key = memory.RemoteKey, Length = 600, SharedReceiveQueue = other.Number,
        };
        Accept(_target, read);
        Accept(_target, Remote(Send(Opcode.XrcWriteOnly, E + 3, 8), 8));
        var answers = _target.Responses();
        Assert.Equal([Opcode.XrcReadResponseFirst, Opcode.XrcReadResponseMiddle, Opcode.XrcReadResponseLast, Opcode.XrcAcknowledge],
            answers.Select(answer => answer.Opcode));
        Assert.All(answers[..3].SelectMany(answer => answer.Payload), value => Assert.Equal(0x5A, value));
        Assert.Equal(DropReason.Duplicate, _target.Receive(read with { Psn = E + 1, Address = memory.Address + 256, Length = 344 }));
        Assert.Equal($"FIRST {E + 1}, LAST {E + 2}", _target.Answers());
        // … and revoked for it alone (R-RESP-14).
        memory.Dispose();
        _target.Receive(read with { Psn = E + 1, Address = memory.Address + 256, Length = 344 });
        Assert.Equal("", _target.Answers());
    }

    [Fact] // R-RESP-27: also the key that a SEND invalidates.
    public void AKeyIsInvalidatedInTheDomainOfTheQueue()
    {
        var domain = _device.Device.CreateProtectionDomain();
        var lent = domain.RegisterMemory(new byte[8], AccessFlags.RemoteRead, peerMayInvalidate: true);
        var other = _device.CreateXrc(_domain, domain);
        other.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = domain.AllocateMemory(64).Entry() });
        var send = Send(Opcode.XrcSendOnlyInvalidate, E, 10) with { SharedReceiveQueue = other.Number };
        Accept(_target, send with { InvalidateKey = lent.RemoteKey });
        Assert.False(lent.IsValid);
        Assert.Equal(lent.RemoteKey, Assert.Single(HandDevice.Poll(_device.Cq)).InvalidatedKey);
    }

    public static TheoryData<Opcode, Opcode> Answers() => new()
    {
        { Opcode.XrcSendOnly, Opcode.XrcAcknowledge },
        { Opcode.XrcSendOnlyImmediate, Opcode.XrcAcknowledge },
        { Opcode.XrcWriteOnly, Opcode.XrcAcknowledge },
        { Opcode.XrcWriteOnlyImmediate, Opcode.XrcAcknowledge },
        { Opcode.XrcReadRequest, Opcode.XrcReadResponseOnly },
        { Opcode.XrcCompareSwap, Opcode.XrcAtomicAcknowledge },
        { Opcode.XrcFetchAdd, Opcode.XrcAtomicAcknowledge },
    };

    [Theory, MemberData(nameof(Answers))] // The operations of RC, answered with opcodes of XRC.
    public void EveryOperationIsAnsweredInKind(Opcode request, Opcode response)
    {
        Post(_queue, 1);
        var payload = OpcodeTraits.Of(request).Payload == PayloadRule.None ? 0 : 8;
        Accept(_target, Remote(Send(request, E, payload), 8) with { SwapOrAdd = 1 });
        var answer = Assert.Single(_target.Responses());
        Assert.Equal((response, E, HandQueuePair.PeerNumber, 1u), (answer.Opcode, answer.Psn, answer.DestinationQueuePair, answer.Msn));
        Assert.Equal((byte)0x1F, answer.Syndrome);
    }

    [Theory] // R-WIRE-14: a reserved opcode of XRC is answered. FLUSH and ATOMIC WRITE are of RC only.
    [InlineData(0xB5)]
    [InlineData(0xBC)]
    [InlineData(0xBD)]
    public void AReservedOpcodeIsAnInvalidRequest(byte opcode)
    {
        _target.Receive(new Request((Opcode)opcode, E));
        Assert.Equal($"NAK1 {E}", _target.Answers());
    }

    [Fact] // R-REQ-59: of the two halves each takes only what the other sends.
    public void EachHalfTakesOnlyItsDirection()
    {
        var initiator = _device.CreateInitiator();
        Assert.Equal(DropReason.BadTransport, initiator.Receive(Send(Opcode.XrcSendOnly, E, 8)));
        Assert.Equal(DropReason.BadTransport, initiator.Receive(new Request((Opcode)0xB5, E)));
        Assert.Equal(DropReason.BadTransport, _target.Receive(new Request(Opcode.XrcAcknowledge, E)));
        Assert.Equal(DropReason.BadTransport, _target.Receive(new Request(Opcode.RcSendOnly, E)));
        Assert.Equal("", initiator.Answers() + _target.Answers());
        Assert.Equal((QueuePairState.ReadyToSend, QueuePairState.ReadyToSend), (initiator.Context.State, _target.Context.State));
    }

    [Fact] // R-RESP-40, R-CQ-20: the one in use, to the CQ of its queue.
    public void OnlyTheReceiveInUseIsFlushed()
    {
        Post(_queue, 1);
        Post(_queue, 2);
        Accept(_target, Send(Opcode.XrcSendFirst, E, 256));
        _target.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError qp 12", _device.Completed());
        Assert.Equal([AsyncEventType.LastWorkRequestReached], _target.Events);
        Assert.Equal(1, _queue.Count);
    }

    [Fact] // destroy_srq: outstanding ones vanish, also the one that a message is filling; the message cannot go on.
    public void WithTheQueueGoesTheReceiveInUse()
    {
        Post(_queue, 1);
        Accept(_target, Send(Opcode.XrcSendFirst, E, 256));
        var number = _queue.Number;
        _queue.Dispose();
        _target.Receive(Send(Opcode.XrcSendLast, E + 1, 10) with { SharedReceiveQueue = number });
        Assert.Equal($"NAK1 {E + 1}", _target.Answers());
        Assert.Equal(QueuePairState.Error, _target.Context.State);
        Assert.Equal("", _device.Completed());
    }

    private static void Accept(HandQueuePair pair, Request request) => Assert.Equal(DropReason.None, pair.Receive(request));

    private void Post(SharedReceiveQueue queue, ulong id) =>
        queue.PostReceive(new ReceiveWorkRequest { WorkRequestId = id, Entry = _device.Memory.Entry(id * 512, 512) });

    private Request Send(Opcode opcode, uint psn, int length) => new(opcode, psn)
    {
        Payload = ReceiveSide.Pattern(length, (int)psn), SharedReceiveQueue = _queue.IsDisposed ? 0 : _queue.Number,
    };

    private Request Remote(Request request, uint length) =>
        request with { Address = _device.Memory.Address, Key = _device.Memory.RemoteKey, Length = length };
}
