using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>create, modify, query, destroy_srq and post_srq_recv (verbs.md 5), and queue pairs that use one (verbs.md 6).</summary>
public sealed class SharedReceiveQueueTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void ItGetsWhatItAskedFor()
    {
        SharedReceiveQueue queue = New(new() { MaxWorkRequests = 5, MaxEntries = 3, Limit = 2, UserContext = this });
        Assert.Equal(new SharedReceiveQueueAttributes { MaxWorkRequests = 5, MaxEntries = 3, Limit = 2 }, queue.Query());
        Assert.Equal((SharedReceiveQueueType.Basic, 3, 0), (queue.Type, queue.MaxEntries, queue.Count));
        Assert.Same(this, queue.UserContext);
        Assert.Same(_fake.Domain, queue.ProtectionDomain);
        Assert.Same(_fake.Device, queue.Device);
        Assert.Null(queue.XrcDomain);
        Assert.Null(queue.CompletionQueue);
        Assert.Equal(1, _fake.Device.SharedReceiveQueueCount);
        // get_srq_num
        Failing.With(VerbsErrno.EINVAL, () => _ = queue.Number, "Basic", "XRC");
    }

    // R-VERB-18
    [Fact]
    public void SizesReachExactlyTheLimits()
    {
        using var small = new FakeDevice(new DeviceAttributes
        {
            Name = "small", MaxSharedReceiveQueueWorkRequests = 16, MaxSharedReceiveQueueEntries = 4, MaxSharedReceiveQueues = 2,
        });
        SharedReceiveQueue New(int receives, int entries, int limit = 0) => small.Domain.CreateSharedReceiveQueue(
            new() { MaxWorkRequests = receives, MaxEntries = entries, Limit = limit });
        SharedReceiveQueue largest = New(16, 4, 16);
        New(1, 0).Dispose();
        Failing.With(VerbsErrno.EINVAL, () => New(0, 1), "max_wr", "is 0", "max_srq_wr = 16");
        Failing.With(VerbsErrno.EINVAL, () => New(17, 1), "max_wr", "is 17", "max_srq_wr = 16");
        Failing.With(VerbsErrno.EINVAL, () => New(1, 5), "max_sge", "is 5", "max_srq_sge = 4");
        Failing.With(VerbsErrno.EINVAL, () => New(1, -1), "max_sge", "is -1");
        Failing.With(VerbsErrno.EINVAL, () => New(4, 1, 5), "srq_limit", "is 5", "max_wr = 4");
        Failing.With(VerbsErrno.EINVAL, () => New(4, 1, -1), "srq_limit", "is -1");
        Failing.With(VerbsErrno.EINVAL, () => largest.Modify(new() { MaxWorkRequests = 17 }), "max_wr", "is 17", "16");
        New(1, 1);
        Failing.With(VerbsErrno.ENOMEM, () => New(1, 1), "2 shared receive queues", "limit is 2");
        largest.Dispose();
        New(1, 1);
    }

    // verbs.md 8 as the default record reports it
    [Fact]
    public void TheDefaultDeviceHasTheLimitsOfTheRecord()
    {
        DeviceAttributes device = _fake.Device.Attributes;
        Assert.Equal(((1 << 20) - 0x20001, 1 << 20, 27),
            (device.MaxSharedReceiveQueues, device.MaxSharedReceiveQueueWorkRequests, device.MaxSharedReceiveQueueEntries));
        Assert.Equal(1 << 20, New(new() { MaxWorkRequests = 1 << 20, MaxEntries = 1 }).Query().MaxWorkRequests);
        Assert.Equal(27, New(new() { MaxEntries = 27 }).Query().MaxEntries);
    }

    [Fact]
    public void ModifyIsAllOrNothing()
    {
        SharedReceiveQueue queue = New(new() { MaxWorkRequests = 8, Limit = 4 });
        Post(queue, 3);
        Refused(new() { MaxWorkRequests = 0 }, "max_wr", "is 0");
        Refused(new() { MaxWorkRequests = 3 }, "srq_limit", "is 4", "max_wr = 3");
        Refused(new() { MaxWorkRequests = 2, Limit = 1 }, "max_wr", "is 2", "3 receives");
        Refused(new() { Limit = 9 }, "srq_limit", "is 9", "max_wr = 8");
        Refused(new() { Limit = -1 }, "srq_limit", "is -1");
        Refused(new() { MaxWorkRequests = 20, Limit = 21 }, "srq_limit", "is 21", "max_wr = 20");
        queue.Modify(new() { MaxWorkRequests = 3, Limit = 3 });
        Assert.Equal((3, 3), (queue.Query().MaxWorkRequests, queue.Query().Limit));
        Assert.False(queue.TryPostReceive(default(ReceiveWorkRequest)));
        queue.Modify(queue.Query() with { Limit = 0 });
        queue.Modify(new() { MaxWorkRequests = 20 });
        Assert.Equal((20, 0, 3), (queue.Query().MaxWorkRequests, queue.Query().Limit, queue.Count));

        void Refused(SharedReceiveQueueAttributes bad, params string[] mentions)
        {
            Failing.With(VerbsErrno.EINVAL, () => queue.Modify(bad), mentions);
            Assert.Equal((8, 4, 3), (queue.Query().MaxWorkRequests, queue.Query().Limit, queue.Count));
        }
    }

    [Fact]
    public void ADeviceThatCannotResizeSaysSo()
    {
        using var plain = new FakeDevice(new DeviceAttributes { Name = "plain", Capabilities = DeviceCapabilities.None });
        SharedReceiveQueue queue = plain.Domain.CreateSharedReceiveQueue(new() { MaxWorkRequests = 8 });
        Failing.With(VerbsErrno.EOPNOTSUPP, () => queue.Modify(new() { MaxWorkRequests = 9 }), "max_wr", "resize");
        queue.Modify(new() { MaxWorkRequests = 8, Limit = 8 });
        Failing.With(VerbsErrno.EOPNOTSUPP, () => plain.Device.OpenXrcDomain(), "XRC");
    }

    // R-VERB-13 for post_srq_recv
    [Fact]
    public void BadReceivesAreNamed()
    {
        SharedReceiveQueue queue = New(new() { MaxWorkRequests = 2, MaxEntries = 2 });
        ReceiveWorkRequest tooMany = new() { Entries = Entries(1, 1, 1) };
        Failing.With(VerbsErrno.EINVAL, () => queue.PostReceive(tooMany), "num_sge", "is 3", "max_sge", "is 2");
        Failing.With(VerbsErrno.EINVAL, () => queue.TryPostReceive(new ReceiveWorkRequest { Entries = Entries(1u << 30, 1u << 30) }),
            "length", "2147483648", "2147483647");
        Failing.With(VerbsErrno.EINVAL, () => queue.PostReceive(new ReceiveWorkRequest { Entries = Entries(1), Entry = default }), "Entry");
        Assert.Equal(0, queue.Count);
        queue.PostReceive(new ReceiveWorkRequest { Entries = Entries(1u << 30, (1u << 30) - 1) });
        queue.PostReceive(default(ReceiveWorkRequest));
        Failing.With(VerbsErrno.ENOMEM, () => queue.PostReceive(default(ReceiveWorkRequest)), "2 receives", "full");
        Assert.False(queue.TryPostReceive(default(ReceiveWorkRequest)));
    }

    // R-REQ-60: the list stops at the first bad one, which is named; those before it stay posted.
    [Fact]
    public void AListStopsAtTheFirstThatCannotBePosted()
    {
        SharedReceiveQueue queue = New(new() { MaxWorkRequests = 4, MaxEntries = 1 });
        ReceiveWorkRequest[] list = [.. Enumerable.Range(0, 3).Select(i => new ReceiveWorkRequest { WorkRequestId = (ulong)i })];
        ReceiveWorkRequest[] bad = [list[0], list[1], list[2] with { Entries = Entries(1, 1) }];
        Assert.Equal(2, Failing.With(VerbsErrno.EINVAL, () => queue.PostReceive(bad), "work request 2", "num_sge").BadIndex);
        Assert.Equal(2, queue.Count);
        Assert.Equal(2, Failing.With(VerbsErrno.ENOMEM, () => queue.PostReceive(list), "full").BadIndex);
        Assert.Equal(4, queue.Count);
        Assert.False(queue.TryPostReceive(list, out int posted));
        Assert.Equal(0, posted);
        Assert.Equal([0ul, 1, 0, 1], TakeAll(queue));
        Assert.True(queue.TryPostReceive(list, out posted));
        Assert.Equal(3, posted);
        Assert.Equal(-1, Failing.With(VerbsErrno.EINVAL, () => queue.PostReceive(bad[2])).BadIndex);
    }

    // R-RESP-39: below, not at; not at arming; once; disarmed.
    [Fact]
    public void TheLimitIsToldOnceWhenFewerAreLeft()
    {
        SharedReceiveQueue queue = New(new() { MaxWorkRequests = 8 });
        Post(queue, 4);
        queue.Modify(new() { Limit = 3 });
        Assert.Equal(0ul, Take(queue));
        Assert.Empty(Events());
        Assert.Equal(1ul, Take(queue));
        Assert.Equal([(AsyncEventType.SharedReceiveQueueLimitReached, queue)], Events());
        Assert.Equal(0, queue.Query().Limit);
        Take(queue);
        Assert.Empty(Events());
        queue.Modify(new() { Limit = 5 });
        Assert.Empty(Events());
        Take(queue);
        Assert.Equal([(AsyncEventType.SharedReceiveQueueLimitReached, queue)], Events());
    }

    // R-RESP-41; query_srq in the error state: EINVAL
    [Fact]
    public void AFailedQueueIsAsIfEmptyAndSaysSoOnce()
    {
        SharedReceiveQueue queue = New(new() { MaxWorkRequests = 8 });
        Post(queue, 4);
        queue.Context.Fail();
        queue.Context.Fail();
        Assert.Equal([(AsyncEventType.SharedReceiveQueueError, queue)], Events());
        Assert.Null(Take(queue));
        Failing.With(VerbsErrno.EINVAL, () => queue.Query(), "failed");
        Failing.With(VerbsErrno.EINVAL, () => queue.Modify(new() { Limit = 1 }), "failed");
        queue.Dispose();
    }

    // R-VERB-9, R-VERB-13
    [Fact]
    public void AQueuePairWithOneHasNoReceiveQueueOfItsOwn()
    {
        SharedReceiveQueue queue = New(new());
        var absurd = new QueuePairCapabilities { MaxReceiveWorkRequests = -5, MaxReceiveEntries = int.MaxValue, MaxSendEntries = 3 };
        QueuePair queuePair = _fake.CreateQueuePair(absurd, QueuePairState.ReadyToReceive, shared: queue);
        QueuePairCapabilities granted = queuePair.Capabilities;
        Assert.Equal((0, 0, 3), (granted.MaxReceiveWorkRequests, granted.MaxReceiveEntries, granted.MaxSendEntries));
        Assert.Same(queue, queuePair.SharedReceiveQueue);
        Assert.Same(queue.Context, queuePair.Context.SharedReceives);
        Failing.With(VerbsErrno.EINVAL, () => queuePair.PostReceive(default(ReceiveWorkRequest)), "shared receive queue");
        Failing.With(VerbsErrno.EINVAL, () => queuePair.PostReceive([default]), "work request 0");
        Failing.With(VerbsErrno.EINVAL, () => _fake.CreateQueuePair(absurd), "max_recv_wr", "-5");
        Failing.With(VerbsErrno.EINVAL, () => _fake.CreateQueuePair(absurd with { MaxSendEntries = -1 }, shared: queue), "max_send_sge");
    }

    [Theory]
    [InlineData(QueuePairType.ReliableConnection, true)]
    [InlineData(QueuePairType.UnreliableConnection, true)]
    [InlineData(QueuePairType.UnreliableDatagram, true)]
    [InlineData(QueuePairType.Gsi, false)]
    [InlineData(QueuePairType.Smi, false)]
    [InlineData(QueuePairType.XrcInitiator, false)]
    [InlineData(QueuePairType.XrcTarget, false)]
    public void TheTypeDecidesWhetherItTakesOne(QueuePairType type, bool takes)
    {
        SharedReceiveQueue queue = New(new());
        if (takes)
            Assert.Same(queue, _fake.CreateQueuePair(type: type, shared: queue).SharedReceiveQueue);
        else
            Failing.With(VerbsErrno.EINVAL, () => _fake.CreateQueuePair(type: type, shared: queue), "srq", $"{type}");
    }

    [Fact]
    public void ForeignXrcAndDisposedQueuesAreRefused()
    {
        using var other = new FakeDevice();
        SharedReceiveQueue foreign = other.Domain.CreateSharedReceiveQueue(new());
        Failing.With(VerbsErrno.EINVAL, () => _fake.CreateQueuePair(shared: foreign), "srq", "another device");
        SharedReceiveQueue xrc = New(new()
        {
            Type = SharedReceiveQueueType.Xrc, XrcDomain = _fake.Device.OpenXrcDomain(), CompletionQueue = _fake.Queue,
        });
        Failing.With(VerbsErrno.EINVAL, () => _fake.CreateQueuePair(shared: xrc), "srq", "Xrc", "basic");
        SharedReceiveQueue gone = New(new());
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _fake.CreateQueuePair(shared: gone));
        // A queue pair of another domain may use it.
        ProtectionDomain second = _fake.Device.CreateProtectionDomain();
        using QueuePair stranger = second.CreateQueuePair(new()
        {
            SendCompletionQueue = _fake.Queue, ReceiveCompletionQueue = _fake.Queue, SharedReceiveQueue = New(new()),
        });
        Assert.NotEqual(stranger.Context.ProtectionDomain, stranger.Context.SharedReceives!.ProtectionDomain);
    }

    // destroy_srq: EBUSY while queue pairs use it; dealloc_pd: EBUSY while it is there (R-VERB-19).
    [Fact]
    public void WhoUsesItGoesFirst()
    {
        SharedReceiveQueue queue = New(new());
        QueuePair first = _fake.CreateQueuePair(shared: queue), second = _fake.CreateQueuePair(shared: queue);
        Failing.With(VerbsErrno.EBUSY, queue.Dispose, "2 queue pair(s)", "first");
        first.Dispose();
        Failing.With(VerbsErrno.EBUSY, queue.Dispose, "1 queue pair(s)");
        second.Dispose();
        Failing.With(VerbsErrno.EBUSY, _fake.Domain.Dispose, "1 shared receive queue(s)");
        int quiesced = _fake.Provider.QuiesceCalls;
        queue.Dispose();
        queue.Dispose();
        Assert.Equal(quiesced + 1, _fake.Provider.QuiesceCalls);
        Assert.Equal(0, _fake.Device.SharedReceiveQueueCount);
        Assert.Throws<ObjectDisposedException>(() => queue.PostReceive(default(ReceiveWorkRequest)));
        Assert.Throws<ObjectDisposedException>(() => queue.PostReceive([]));
        Assert.Throws<ObjectDisposedException>(() => queue.Query());
        Assert.Throws<ObjectDisposedException>(() => queue.Modify(new()));
        _fake.Domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => New(new()));
    }

    [Fact]
    public void SeveralThreadsMayPost()
    {
        const int threads = 4, each = 5_000;
        SharedReceiveQueue queue = New(new() { MaxWorkRequests = threads * each });
        Concurrently.Run([.. Enumerable.Range(0, threads).Select(thread => (Action)(() => Post(queue, each, (ulong)(thread * each))))]);
        Assert.False(queue.TryPostReceive(default(ReceiveWorkRequest)));
        ulong[] taken = TakeAll(queue);
        Assert.Equal(Enumerable.Range(0, threads * each).Select(i => (ulong)i), taken.Order());
        // What one thread posts comes out in its order.
        for (ulong thread = 0; thread < threads; thread++)
            Assert.True(taken.Where(id => id / each == thread).SequenceEqual(taken.Where(id => id / each == thread).Order()));
    }

    private SharedReceiveQueue New(SharedReceiveQueueInitAttributes init) => _fake.Domain.CreateSharedReceiveQueue(init);

    private static void Post(SharedReceiveQueue queue, int count, ulong first = 0)
    {
        for (ulong id = first; id < first + (ulong)count; id++)
            queue.PostReceive(new ReceiveWorkRequest { WorkRequestId = id });
    }

    private static ulong? Take(SharedReceiveQueue queue) =>
        queue.Context.TryTake(new ScatterGatherEntry[queue.MaxEntries], out ReceiveWqe wqe) ? wqe.WorkRequestId : null;

    private static ulong[] TakeAll(SharedReceiveQueue queue)
    {
        var all = new List<ulong>();
        while (Take(queue) is { } id)
            all.Add(id);
        return [.. all];
    }

    private List<(AsyncEventType, SharedReceiveQueue?)> Events()
    {
        var events = new List<(AsyncEventType, SharedReceiveQueue?)>();
        while (_fake.Device.AsyncEvents.TryRead(out AsyncEvent happened))
            events.Add((happened.Type, happened.SharedReceiveQueue));
        return events;
    }

    private static ScatterGatherEntry[] Entries(params uint[] lengths) => [.. lengths.Select(l => new ScatterGatherEntry(0x1000, l, 1))];
}
