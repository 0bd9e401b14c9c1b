using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Arming, events and awaiting (R-CQ-4, R-CQ-5, R-CQ-6, R-CQ-10, R-CQ-21).</summary>
public sealed class NotificationTests : IDisposable
{
    private readonly FakeDevice _fake = new();
    private readonly CompletionChannel _channel;
    private readonly CompletionQueue _queue;

    public NotificationTests()
    {
        _channel = _fake.Device.CreateCompletionChannel();
        _queue = _fake.Device.CreateCompletionQueue(16, _channel, userContext: "mine");
    }

    public void Dispose() => _fake.Dispose();

    // R-CQ-4: one-shot, and only what is added after arming.
    [Fact]
    public void TheNextCompletionAfterArmingFiresOnce()
    {
        _queue.Push(Completions.Of(1), solicited: true);
        Assert.False(_channel.TryGetEvent(out _));
        _queue.RequestNotification(NotificationKind.Next);
        Assert.False(_channel.TryGetEvent(out _));
        _queue.Push(Completions.Of(2), solicited: false);
        _queue.Push(Completions.Of(3), solicited: false);
        Assert.True(_channel.TryGetEvent(out CompletionQueue? from));
        Assert.Same(_queue, from);
        Assert.Equal("mine", from.UserContext);
        Assert.False(_channel.TryGetEvent(out _));
        Assert.Equal(1, _queue.EventsRaised);
    }

    // R-CQ-5, R-CQ-21
    [Theory]
    [InlineData(false, WorkCompletionStatus.Success, false)]
    [InlineData(true, WorkCompletionStatus.Success, true)]
    [InlineData(false, WorkCompletionStatus.WorkRequestFlushedError, true)]
    [InlineData(false, WorkCompletionStatus.RemoteAccessError, true)]
    public void SolicitedMatchesSolicitedReceivesAndErrors(bool solicited, WorkCompletionStatus status, bool fires)
    {
        _queue.RequestNotification(NotificationKind.Solicited);
        _queue.Push(Completions.Of(1, status), solicited);
        Assert.Equal(fires, _channel.TryGetEvent(out _));

        // Not fired means still armed.
        _queue.Push(Completions.Of(2), solicited: true);
        Assert.Equal(!fires, _channel.TryGetEvent(out _));
    }

    // R-CQ-4: NEXT wins, never weakened.
    [Theory]
    [InlineData(NotificationKind.Next, NotificationKind.Solicited)]
    [InlineData(NotificationKind.Solicited, NotificationKind.Next)]
    public void NextWinsOverSolicited(NotificationKind first, NotificationKind second)
    {
        _queue.RequestNotification(first);
        _queue.RequestNotification(second);
        _queue.Push(Completions.Of(1), solicited: false);
        Assert.True(_channel.TryGetEvent(out _));
        _queue.Push(Completions.Of(2), solicited: true);
        Assert.False(_channel.TryGetEvent(out _));
    }

    // R-CQ-4: REPORT_MISSED
    [Fact]
    public void ReportMissedTellsOfCompletionsAlreadyThereAndArmsAllTheSame()
    {
        Assert.False(_queue.RequestNotification(NotificationKind.Next, reportMissed: true));
        _queue.Push(Completions.Of(1), solicited: false);
        Assert.True(_channel.TryGetEvent(out _));
        Assert.True(_queue.RequestNotification(NotificationKind.Next, reportMissed: true));
        Assert.False(_queue.RequestNotification(NotificationKind.Next));
        _queue.Push(Completions.Of(2), solicited: false);
        Assert.True(_channel.TryGetEvent(out _));
    }

    [Fact]
    public void AnUnknownKindIsRefused() =>
        Failing.With(VerbsErrno.EINVAL, () => _queue.RequestNotification((NotificationKind)3), "notify", "is 3");

    // R-CQ-10
    [Fact]
    public void EventsAreCountedAndAcknowledged()
    {
        for (ulong i = 0; i < 3; i++)
        {
            _queue.RequestNotification(NotificationKind.Next);
            _queue.Push(Completions.Of(i), solicited: false);
        }
        Assert.Equal(3, _channel.PendingEvents);
        Assert.Equal(0, _queue.UnacknowledgedEvents);
        Assert.True(_channel.TryGetEvent(out _));
        Assert.True(_channel.TryGetEvent(out _));
        Assert.Equal(2, _queue.UnacknowledgedEvents);
        Failing.With(VerbsErrno.EINVAL, () => _queue.AcknowledgeEvents(3), "nevents", "is 3", "2");
        Failing.With(VerbsErrno.EINVAL, () => _queue.AcknowledgeEvents(-1), "nevents", "-1");
        _queue.AcknowledgeEvents(2);
        Assert.Equal(0, _queue.UnacknowledgedEvents);
    }

    // R-CQ-10
    [Fact]
    public async Task AChannelServesManyQueuesAndCannotGoBeforeThem()
    {
        CompletionQueue other = _fake.Device.CreateCompletionQueue(2, _channel);
        other.RequestNotification(NotificationKind.Next);
        Task<CompletionQueue> get = _channel.GetEventAsync().AsTask();
        Assert.False(get.IsCompleted);
        Assert.Equal(1, _fake.Provider.Handovers);
        other.Push(Completions.Of(1), solicited: false);
        Assert.Same(other, await get);

        Failing.With(VerbsErrno.EBUSY, _channel.Dispose, "2 completion queue");
        other.Dispose();
        _queue.Dispose();
        Task<CompletionQueue> last = _channel.GetEventAsync().AsTask();
        _channel.Dispose();
        _channel.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => last);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _channel.GetEventAsync());
    }

    [Fact]
    public void TheEventsOfADisposedQueueAreNotDelivered()
    {
        CompletionQueue gone = _fake.Device.CreateCompletionQueue(2, _channel);
        gone.RequestNotification(NotificationKind.Next);
        gone.Push(Completions.Of(1), solicited: false);
        _queue.RequestNotification(NotificationKind.Next);
        _queue.Push(Completions.Of(1), solicited: false);
        gone.Dispose();
        Assert.True(_channel.TryGetEvent(out CompletionQueue? from));
        Assert.Same(_queue, from);
    }

    [Fact]
    public void AChannelOfAnotherDeviceIsRefused()
    {
        using var other = new FakeDevice();
        Failing.With(VerbsErrno.EINVAL, () => other.Device.CreateCompletionQueue(1, _channel), "another device");
    }

    [Fact]
    public async Task AwaitingReturnsWhenSomethingIsThere()
    {
        _queue.Push(Completions.Of(1), solicited: false);
        Assert.True(_queue.WaitAsync().IsCompletedSuccessfully);
        var batch = new WorkCompletion[4];
        Assert.Equal(1, await _queue.PollAsync(batch));

        Task<int> poll = _queue.PollAsync(batch).AsTask();
        Assert.False(poll.IsCompleted);
        Assert.Equal(1, _fake.Provider.Handovers);
        _queue.Push(Completions.Of(2), solicited: false);
        Assert.Equal(1, await poll);
        Assert.Equal(2UL, batch[0].WorkRequestId);
        await Assert.ThrowsAsync<RdmaException>(async () => await _queue.PollAsync(Memory<WorkCompletion>.Empty));
    }

    // The moment between looking and waiting: whoever pushes then saw no waiter, so the waiter must look again.
    [Fact]
    public async Task ACompletionPushedWhileTheWaitBeginsEndsIt()
    {
        bool late = false;
        _fake.Provider.OnDrive = () =>
        {
            if (!late)
                _queue.Push(Completions.Of(1), solicited: false);
            late = true;
            return false;
        };
        await _queue.WaitAsync();
        Assert.Equal([1UL], Completions.PollAll(_queue));
    }

    [Fact]
    public async Task AwaitingLeavesTheArmingAlone()
    {
        _queue.RequestNotification(NotificationKind.Solicited);
        Task wait = _queue.WaitAsync().AsTask();
        _queue.Push(Completions.Of(1), solicited: false);
        await wait;
        Assert.False(_channel.TryGetEvent(out _));
        _queue.Push(Completions.Of(2), solicited: true);
        Assert.True(_channel.TryGetEvent(out _));
    }

    [Fact]
    public async Task ACancelledWaitEndsAndLeavesTheOthersWaiting()
    {
        using var cancel = new CancellationTokenSource();
        Task cancelled = _queue.WaitAsync(cancel.Token).AsTask();
        Task other = _queue.WaitAsync().AsTask();
        await cancel.CancelAsync();
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.False(other.IsCompleted);
        _queue.Push(Completions.Of(1), solicited: false);
        await other;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _queue.WaitAsync(cancel.Token));
    }

    // R-CQ-6 and its race: arm, look, wait must never miss a completion.
    [Fact]
    public async Task TheCanonicalConsumerLoopMissesNothing()
    {
        const int Count = 20_000;
        Task producer = Task.Run(() =>
        {
            SpinWait spin = default;
            for (ulong i = 0; i < Count; i++)
            {
                while (_queue.Count >= 8)
                    spin.SpinOnce(sleep1Threshold: -1);
                Assert.True(_queue.Push(Completions.Of(i), solicited: false));
            }
        });
        ulong next = 0;
        while (next < Count)
        {
            if (!_queue.RequestNotification(NotificationKind.Next, reportMissed: true))
                Assert.Same(_queue, await _channel.GetEventAsync());
            foreach (ulong id in Completions.PollAll(_queue))
                Assert.Equal(next++, id);
        }
        await producer;
    }

    [Fact]
    public async Task AwaitersMissNothing()
    {
        const int Count = 20_000;
        int left = Count;
        Task[] consumers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(ConsumeAsync))];
        SpinWait spin = default;
        for (ulong i = 0; i < Count; i++)
        {
            while (_queue.Count >= 8)
                spin.SpinOnce(sleep1Threshold: -1);
            Assert.True(_queue.Push(Completions.Of(i), solicited: false));
        }

        // The two that wait when the last completion is taken are ended by completions of their own.
        for (int i = 0; i < 3; i++)
            _queue.Push(Completions.Of(Count), solicited: false);
        await Task.WhenAll(consumers);
        Assert.Equal(0, left);

        async Task ConsumeAsync()
        {
            var one = new WorkCompletion[1];
            while (await _queue.PollAsync(one) == 1 && one[0].WorkRequestId != Count)
                Interlocked.Decrement(ref left);
        }
    }
}
