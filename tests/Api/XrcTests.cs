using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>XRC domains, their shared receive queues, initiators and targets (verbs.md 5 and 6).</summary>
public sealed class XrcTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    // open_xrcd: fd −1 is no name, O_CREAT is OpenOrCreate, O_CREAT | O_EXCL is CreateNew, no flag is Open.
    [Fact]
    public void ADomainIsSharedByItsName()
    {
        RdmaDevice device = _fake.Device;
        Failing.With(VerbsErrno.ENOENT, () => device.OpenXrcDomain("a", FileMode.Open), "no XRC domain a");
        XrcDomain first = device.OpenXrcDomain("a");
        Failing.With(VerbsErrno.EEXIST, () => device.OpenXrcDomain("a", FileMode.CreateNew), "a exists");
        XrcDomain second = device.OpenXrcDomain("a", FileMode.Open), other = device.OpenXrcDomain("A", FileMode.CreateNew);
        XrcDomain own = device.OpenXrcDomain(), ownToo = device.OpenXrcDomain(null, FileMode.CreateNew);
        Assert.Equal(("a", "A", (string?)null), (second.Name, other.Name, own.Name));
        Assert.Same(first.Context, second.Context);
        Assert.Equal(4, new[] { first, other, own, ownToo }.Select(domain => domain.Context.Handle).Distinct().Count());
        Failing.With(VerbsErrno.EINVAL, () => device.OpenXrcDomain(null, FileMode.Open), "name");
        Failing.With(VerbsErrno.EINVAL, () => device.OpenXrcDomain("a", FileMode.Truncate), "oflags", "Truncate");
        Assert.Equal(5, device.XrcDomainCount);
        first.Dispose();
        first.Dispose();
        device.OpenXrcDomain("a", FileMode.Open).Dispose();
        second.Dispose();
        Failing.With(VerbsErrno.ENOENT, () => device.OpenXrcDomain("a", FileMode.Open));
        Assert.NotSame(first.Context, device.OpenXrcDomain("a", FileMode.CreateNew).Context);
    }

    // close_xrcd: EBUSY with SRQ or QP; destroy_cq: EBUSY while an SRQ completes there (R-CQ-9).
    [Fact]
    public void ADomainInUseIsBusy()
    {
        XrcDomain domain = _fake.Device.OpenXrcDomain("a"), same = _fake.Device.OpenXrcDomain("a");
        SharedReceiveQueue queue = NewQueue(domain);
        QueuePair target = NewTarget(domain);
        QueuePair opened = same.OpenQueuePair(target.Number);
        Failing.With(VerbsErrno.EBUSY, domain.Dispose, "1 shared receive queue(s)", "1 queue pair(s)");
        Failing.With(VerbsErrno.EBUSY, same.Dispose, "0 shared receive queue(s)", "1 queue pair(s)");
        Failing.With(VerbsErrno.EBUSY, _fake.Queue.Dispose, "1 work queue(s)");
        Failing.With(VerbsErrno.EBUSY, _fake.Domain.Dispose, "1 shared receive queue(s)");
        opened.Dispose();
        same.Dispose();
        target.Dispose();
        queue.Dispose();
        domain.Dispose();
        _fake.Queue.Dispose();
        Assert.Throws<ObjectDisposedException>(() => NewTarget(domain));
        Assert.Throws<ObjectDisposedException>(() => domain.OpenQueuePair(1));
        Assert.Throws<ObjectDisposedException>(() => NewQueue(domain));
        Assert.Equal((0, 0, 0), (_fake.Device.XrcDomainCount, _fake.Device.SharedReceiveQueueCount, _fake.Device.QueuePairCount));
    }

    // create_srq_ex, get_srq_num
    [Fact]
    public void AQueueOfXrcNeedsDomainAndCompletionQueue()
    {
        using var other = new FakeDevice();
        XrcDomain domain = _fake.Device.OpenXrcDomain();
        SharedReceiveQueue first = NewQueue(domain), second = NewQueue(domain);
        Assert.Equal((SharedReceiveQueueType.Xrc, domain, _fake.Queue), (first.Type, first.XrcDomain, first.CompletionQueue));
        Assert.InRange(first.Number, 1u, 0xFFFFFFu);
        Assert.NotEqual(first.Number, second.Number);
        Assert.True(domain.Context.TryFind(first.Number, out SharedReceiveQueueContext? found));
        Assert.Same(first.Context, found);
        uint number = second.Number;
        second.Dispose();
        Assert.False(domain.Context.TryFind(number, out _));
        Assert.NotEqual(number, NewQueue(domain).Number);

        const SharedReceiveQueueType xrc = SharedReceiveQueueType.Xrc;
        Refused(new() { Type = xrc, CompletionQueue = _fake.Queue }, "xrcd", "missing");
        Refused(new() { Type = xrc, XrcDomain = domain }, "cq", "missing");
        Refused(new() { XrcDomain = domain }, "xrcd", "Basic");
        Refused(new() { CompletionQueue = _fake.Queue }, "cq", "Basic");
        Refused(new() { Type = xrc, XrcDomain = other.Device.OpenXrcDomain(), CompletionQueue = _fake.Queue }, "xrcd", "another device");
        Refused(new() { Type = xrc, XrcDomain = domain, CompletionQueue = other.Queue }, "cq", "another device");
        Refused(new() { Type = (SharedReceiveQueueType)2 }, "srq_type", "is 2");

        void Refused(SharedReceiveQueueInitAttributes bad, params string[] mentions) =>
            Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.CreateSharedReceiveQueue(bad), mentions);
    }

    [Fact]
    public void ATargetHasNoQueuesAndNoProtectionDomain()
    {
        XrcDomain domain = _fake.Device.OpenXrcDomain();
        QueuePair target = NewTarget(domain);
        Assert.Equal((QueuePairType.XrcTarget, domain, QueuePairState.Reset), (target.Type, target.XrcDomain, target.State));
        Assert.Equal((0, 0, 0, 0, 0), (target.Capabilities.MaxSendWorkRequests, target.Capabilities.MaxSendEntries,
            target.Capabilities.MaxReceiveWorkRequests, target.Capabilities.MaxReceiveEntries, target.Capabilities.MaxInlineData));
        Failing.With(VerbsErrno.EINVAL, () => _ = target.ProtectionDomain, "XrcTarget", "protection domain");
        target.Context.State = QueuePairState.ReadyToSend;
        Failing.With(VerbsErrno.EINVAL, () => target.PostReceive(default(ReceiveWorkRequest)), "XrcTarget", "no receive queue");
        Failing.With(VerbsErrno.EINVAL, () => target.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send }), "XrcTarget");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget }), "XRC domain");
        Failing.With(VerbsErrno.EINVAL, () => domain.CreateQueuePair(new() { Type = QueuePairType.XrcInitiator }), "protection domain");
        Failing.With(VerbsErrno.EINVAL,
            () => domain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget, ReceiveCompletionQueue = _fake.Queue }), "recv_cq");
        Failing.With(VerbsErrno.EINVAL,
            () => domain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget, SendCompletionQueue = _fake.Queue }), "send_cq");
        // No region is of its domain.
        Assert.NotEqual(_fake.Domain.Handle, target.Context.ProtectionDomain);
        Assert.NotEqual(target.Context.ProtectionDomain, _fake.Device.CreateProtectionDomain().Handle);
    }

    // R-REQ-59: requester only. The number of the peer's queue has 24 bits.
    [Fact]
    public void AnInitiatorHasNoReceiveQueue()
    {
        QueuePair initiator = _fake.CreateQueuePair(type: QueuePairType.XrcInitiator, state: QueuePairState.ReadyToSend);
        Assert.Equal((128, 0), (initiator.Capabilities.MaxSendWorkRequests, initiator.Capabilities.MaxReceiveWorkRequests));
        Assert.Null(initiator.XrcDomain);
        Failing.With(VerbsErrno.EINVAL, () => initiator.PostReceive(default(ReceiveWorkRequest)), "XrcInitiator", "no receive queue");
        var send = new SendWorkRequest { Opcode = SendOpcode.Send, RemoteSharedReceiveQueue = 0xFFFFFF };
        initiator.PostSend(send);
        Assert.Equal(0xFFFFFFu, initiator.Context.SendRing.Slot(0).RemoteSharedReceiveQueue);
        Failing.With(VerbsErrno.EINVAL, () => initiator.PostSend(send with { RemoteSharedReceiveQueue = 0x1000000 }),
            "remote_srqn", "0x1000000", "0xffffff");
        // What does not go by this field does not look at it.
        _fake.CreateQueuePair(state: QueuePairState.ReadyToSend).PostSend(send with { RemoteSharedReceiveQueue = uint.MaxValue });
    }

    // open_qp: EINVAL for a wrong domain or number; R-VERB-10: EBUSY while others have it open; one event for each handle.
    [Fact]
    public void ATargetMayBeOpenedByOthersOfItsDomain()
    {
        XrcDomain domain = _fake.Device.OpenXrcDomain("a"), same = _fake.Device.OpenXrcDomain("a"), other = _fake.Device.OpenXrcDomain();
        QueuePair target = NewTarget(domain);
        Failing.With(VerbsErrno.EINVAL, () => other.OpenQueuePair(target.Number), "qp_num", $"0x{target.Number:x}");
        Failing.With(VerbsErrno.EINVAL, () => domain.OpenQueuePair(target.Number + 1), "qp_num");
        QueuePair initiator = _fake.CreateQueuePair(type: QueuePairType.XrcInitiator);
        Failing.With(VerbsErrno.EINVAL, () => domain.OpenQueuePair(initiator.Number), "qp_num");

        QueuePair opened = same.OpenQueuePair(target.Number, this), third = domain.OpenQueuePair(target.Number);
        Assert.Equal((target.Number, target.InitialPsn, target.Type), (opened.Number, opened.InitialPsn, opened.Type));
        Assert.Equal((same, this), (opened.XrcDomain, opened.UserContext));
        Assert.Equal(2, _fake.Device.QueuePairCount);
        opened.Modify(new QueuePairAttributes { State = QueuePairState.Init });
        Assert.Equal(QueuePairState.Init, target.State);

        _fake.Device.Raise(AsyncEventType.CommunicationEstablished, target.Context);
        Assert.Equal([target, opened, third], Told());
        Failing.With(VerbsErrno.EBUSY, target.Dispose, "2 other(s)", "first");
        Assert.Empty(_fake.Provider.Destroyed);
        opened.Dispose();
        opened.Dispose();
        Assert.Throws<ObjectDisposedException>(() => opened.Modify(new QueuePairAttributes()));
        _fake.Device.Raise(AsyncEventType.CommunicationEstablished, target.Context);
        Assert.Equal([target, third], Told());
        third.Dispose();
        Assert.Empty(_fake.Provider.Destroyed);
        target.Dispose();
        Assert.Equal([target.Context], _fake.Provider.Destroyed);
        Failing.With(VerbsErrno.EINVAL, () => same.OpenQueuePair(target.Number));
    }

    [Fact]
    public void DisposingOfTheDeviceDisposesOfAllInOrder()
    {
        XrcDomain domain = _fake.Device.OpenXrcDomain("a");
        QueuePair target = NewTarget(domain), plain = _fake.CreateQueuePair(shared: _fake.Domain.CreateSharedReceiveQueue(new()));
        domain.OpenQueuePair(target.Number);
        domain.OpenQueuePair(target.Number);
        NewQueue(domain);
        _fake.Device.Dispose();
        Assert.Equal(2, _fake.Provider.Destroyed.Count);
        Assert.Contains(plain.Context, _fake.Provider.Destroyed);
        Assert.Equal((0, 0, 0, 0), (_fake.Device.QueuePairCount, _fake.Device.SharedReceiveQueueCount, _fake.Device.XrcDomainCount,
            _fake.Device.CompletionQueueCount));
        Assert.Throws<ObjectDisposedException>(() => _fake.Device.OpenXrcDomain());
    }

    // The attributes that the table of verbs.md 6.1 requires of each half, and none else.
    [Fact]
    public void BothHalvesConnect()
    {
        QueuePair initiator = _fake.CreateQueuePair(type: QueuePairType.XrcInitiator), target = NewTarget(_fake.Device.OpenXrcDomain());
        initiator.ConnectTo(target.LocalEndpoint);
        QueuePairAttributeMask path = QueuePairAttributeMask.State | QueuePairAttributeMask.AddressVector | QueuePairAttributeMask.PathMtu
            | QueuePairAttributeMask.DestinationQueuePair | QueuePairAttributeMask.ReceivePsn;
        QueuePairAttributeMask send = QueuePairAttributeMask.State | QueuePairAttributeMask.Timeout | QueuePairAttributeMask.SendPsn;
        QueuePairAttributeMask retries =
            QueuePairAttributeMask.RetryCount | QueuePairAttributeMask.RnrRetry | QueuePairAttributeMask.MaxReadAtomic;
        Assert.Equal([path, send | retries],
            _fake.Provider.Modifications[1..].Select(given => given.Mask));
        _fake.Provider.Modifications.Clear();
        target.ConnectTo(initiator.LocalEndpoint);
        Assert.Equal([path | QueuePairAttributeMask.MaxDestinationReadAtomic | QueuePairAttributeMask.MinRnrTimer, send],
            _fake.Provider.Modifications[1..].Select(given => given.Mask));
    }

    private List<QueuePair?> Told()
    {
        var told = new List<QueuePair?>();
        while (_fake.Device.AsyncEvents.TryRead(out AsyncEvent happened))
            told.Add(happened.QueuePair);
        return told;
    }

    private static QueuePair NewTarget(XrcDomain domain) => domain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget });

    private SharedReceiveQueue NewQueue(XrcDomain domain) => _fake.Domain.CreateSharedReceiveQueue(new()
    {
        Type = SharedReceiveQueueType.Xrc, XrcDomain = domain, CompletionQueue = _fake.Queue,
    });
}
