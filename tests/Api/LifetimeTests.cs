using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Who may go before whom (R-VERB-10, R-VERB-19, R-CQ-9), double dispose, use after dispose.</summary>
public sealed class LifetimeTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void ADomainWithARegionOrAQueuePairIsBusy()
    {
        MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8]);
        QueuePair queuePair = _fake.CreateQueuePair();
        Failing.With(VerbsErrno.EBUSY, _fake.Domain.Dispose, "1 memory region", "1 queue pair", "first");
        region.Dispose();
        Failing.With(VerbsErrno.EBUSY, _fake.Domain.Dispose, "0 memory region", "1 queue pair");
        queuePair.Dispose();
        _fake.Domain.Dispose();
        _fake.Domain.Dispose();
        Assert.Equal(0, _fake.Device.ProtectionDomainCount);
    }

    // R-CQ-9
    [Fact]
    public void ACompletionQueueInUseIsBusy()
    {
        QueuePair queuePair = _fake.CreateQueuePair();
        Failing.With(VerbsErrno.EBUSY, _fake.Queue.Dispose, "2 work queue", "queue pairs first");
        queuePair.Dispose();
        _fake.Queue.Dispose();
        _fake.Queue.Dispose();
        Assert.Equal(0, _fake.Device.CompletionQueueCount);
    }

    // R-VERB-10: in any state; R-CQ-11: completions stay.
    [Fact]
    public void AQueuePairGoesInAnyStateAndItsCompletionsStay()
    {
        foreach (QueuePairState state in Enum.GetValues<QueuePairState>())
        {
            QueuePair queuePair = _fake.CreateQueuePair(state: state);
            _fake.Queue.Push(Completions.Of(queuePair.Number), solicited: false);
            int before = _fake.Provider.QuiesceCalls;
            queuePair.Dispose();
            queuePair.Dispose();
            Assert.Equal(before + 1, _fake.Provider.QuiesceCalls);
            Assert.Equal(queuePair.Context, _fake.Provider.Destroyed[^1]);
            Assert.Equal([queuePair.Number], Completions.PollAll(_fake.Queue));
        }
        Assert.Equal(0, _fake.Device.QueuePairCount);
    }

    [Fact]
    public void UseAfterDisposeIsTold()
    {
        QueuePair queuePair = _fake.CreateQueuePair(state: QueuePairState.ReadyToSend);
        queuePair.Dispose();
        Disposed(() => queuePair.PostSend(new SendWorkRequest()));
        Disposed(() => queuePair.PostSend([]));
        Disposed(() => queuePair.PostReceive(new ReceiveWorkRequest()));
        Disposed(() => queuePair.PostReceive([]));
        Disposed(() => queuePair.Modify(new QueuePairAttributes()));
        Disposed(() => queuePair.Query());
        Disposed(() => _ = queuePair.LocalEndpoint);
        _fake.Queue.Dispose();
        Disposed(() => _fake.Queue.Poll(new WorkCompletion[1]));
        Disposed(() => _fake.Queue.Resize(8));
        Disposed(() => _fake.Queue.RequestNotification(NotificationKind.Next));
        Disposed(() => _ = _fake.Queue.WaitAsync());
        _fake.Domain.Dispose();
        Disposed(() => _fake.Domain.RegisterMemory(new byte[1]));
        Disposed(() => _fake.CreateQueuePair());
        _fake.Device.Dispose();
        Disposed(() => _fake.Device.CreateProtectionDomain());
        Disposed(() => _fake.Device.CreateCompletionQueue(1));
        Disposed(() => _fake.Device.CreateCompletionChannel());
        Disposed(() => _fake.Device.QueryPort());
    }

    [Fact]
    public async Task DisposingOfTheDeviceDisposesOfAllThatIsLeftInOrder()
    {
        CompletionChannel channel = _fake.Device.CreateCompletionChannel();
        CompletionQueue queue = _fake.Device.CreateCompletionQueue(4, channel);
        MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8]);
        QueuePair queuePair = _fake.Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = queue, ReceiveCompletionQueue = _fake.Queue,
        });
        Task wait = queue.WaitAsync().AsTask();
        _fake.Device.Dispose();
        _fake.Device.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
        Assert.Equal(1, _fake.Provider.CloseCalls);
        Assert.Equal([queuePair.Context], _fake.Provider.Destroyed);
        Disposed(() => region.AsSpan(0, 1).Clear());
        Assert.Equal((0, 0, 0, 0, 0), Left());
        Assert.Empty(await CollectAsync(_fake.Device.ReadAsyncEvents()));
    }

    // A device that fails while something goes must not keep the rest from going.
    [Fact]
    public void WhatFailsToGoIsGoneAllTheSame()
    {
        QueuePair queuePair = _fake.CreateQueuePair();
        MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8]);
        _fake.Provider.OnQuiesce = () => throw new RdmaException(VerbsErrno.EIO, "broken");
        Failing.With(VerbsErrno.EIO, queuePair.Dispose);
        Failing.With(VerbsErrno.EIO, region.Dispose);
        queuePair.Dispose();
        region.Dispose();
        _fake.Domain.Dispose();
        _fake.Queue.Dispose();
        Assert.Equal((0, 0, 0, 0, 0), Left());
    }

    // R-VERB-18, R-VERB-19: exactly the limit, and room again after a dispose.
    [Fact]
    public void LimitsCountLiveObjects()
    {
        using var small = new FakeDevice(new DeviceAttributes
        {
            Name = "small", MaxQueuePairs = 1, MaxCompletionQueues = 1, MaxProtectionDomains = 1, MaxMemoryRegions = 1,
        });
        Failing.With(VerbsErrno.ENOMEM, () => small.Device.CreateProtectionDomain(), "protection domains", "limit is 1");
        Failing.With(VerbsErrno.ENOMEM, () => small.Device.CreateCompletionQueue(1), "completion queues", "limit is 1");
        QueuePair only = small.CreateQueuePair();
        Failing.With(VerbsErrno.ENOMEM, () => small.CreateQueuePair(), "queue pairs", "limit is 1");
        MemoryRegion region = small.Domain.RegisterMemory(new byte[1]);
        Failing.With(VerbsErrno.ENOMEM, () => small.Domain.RegisterMemory(new byte[1]), "memory regions", "limit is 1");
        only.Dispose();
        region.Dispose();
        small.CreateQueuePair().Dispose();
        small.Domain.RegisterMemory(new byte[1]).Dispose();
    }

    private static void Disposed(Action use) => Assert.Throws<ObjectDisposedException>(use);

    private static async Task<List<AsyncEvent>> CollectAsync(IAsyncEnumerable<AsyncEvent> events)
    {
        var all = new List<AsyncEvent>();
        await foreach (AsyncEvent one in events)
            all.Add(one);
        return all;
    }

    private (int Domains, int Regions, int QueuePairs, int Queues, int Channels) Left()
    {
        RdmaDevice device = _fake.Device;
        return (device.ProtectionDomainCount, device.MemoryRegionCount, device.QueuePairCount, device.CompletionQueueCount,
            device.CompletionChannelCount);
    }
}
