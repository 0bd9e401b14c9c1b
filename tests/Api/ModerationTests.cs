using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Fewer events for many completions (modify_cq); arming and its one shot stay as they are (R-CQ-4).</summary>
public sealed class ModerationTests : IDisposable
{
    private readonly FakeDevice _fake = new();
    private readonly CompletionChannel _channel;
    private readonly CompletionQueue _queue;
    private ulong _next;

    public ModerationTests()
    {
        _channel = _fake.Device.CreateCompletionChannel();
        _queue = _fake.Device.CreateCompletionQueue(64, _channel);
    }

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void AnEventTellsOfAsManyCompletionsAsAskedFor()
    {
        _queue.SetModeration(3, TimeSpan.Zero);
        Assert.Equal((3, TimeSpan.Zero), (_queue.ModerationCount, _queue.ModerationPeriod));
        for (int round = 0; round < 3; round++)
        {
            _queue.RequestNotification(NotificationKind.Next);
            Push(2);
            Assert.Equal(0, _channel.PendingEvents);
            Push(1);
            Assert.True(_channel.TryGetEvent(out _));
            Push(5);
            Assert.Equal(0, _channel.PendingEvents);
        }
        Assert.Empty(_fake.Provider.HeldEvents);
    }

    [Fact]
    public void AnEventIsHeldBackNoLongerThanThePeriod()
    {
        _queue.SetModeration(3, TimeSpan.FromMicroseconds(50));
        _queue.RequestNotification(NotificationKind.Next);
        Push(2);
        Assert.Equal([(_queue, 50_000L)], _fake.Provider.HeldEvents);
        Assert.Equal(0, _channel.PendingEvents);
        _queue.FireHeldBack();
        Assert.True(_channel.TryGetEvent(out _));

        // The count begins anew, and so does the time; a time that runs out with nothing held back raises nothing.
        _queue.RequestNotification(NotificationKind.Next);
        Push(3);
        Assert.True(_channel.TryGetEvent(out _));
        _queue.FireHeldBack();
        Assert.Equal((2, 0), (_fake.Provider.HeldEvents.Count, _channel.PendingEvents));
    }

    [Fact]
    public void WithoutACountOnlyTheTimeMatters()
    {
        _queue.SetModeration(0, TimeSpan.FromMicroseconds(20));
        _queue.RequestNotification(NotificationKind.Next);
        Push(40);
        Assert.Equal(0, _channel.PendingEvents);
        Assert.Single(_fake.Provider.HeldEvents);
        _queue.FireHeldBack();
        Assert.Equal(1, _channel.PendingEvents);
    }

    [Fact]
    public void ErrorsAndOverrunsAreToldAtOnce()
    {
        _queue.SetModeration(60, TimeSpan.FromMicroseconds(50));
        _queue.RequestNotification(NotificationKind.Next);
        Push(2);
        _queue.Push(Completions.Of(99, WorkCompletionStatus.RemoteAccessError), solicited: false);
        Assert.True(_channel.TryGetEvent(out _));

        CompletionQueue small = _fake.Device.CreateCompletionQueue(1, _channel);
        small.SetModeration(60, TimeSpan.Zero);
        small.RequestNotification(NotificationKind.Next);
        Assert.True(small.Push(Completions.Of(1), solicited: false));
        Assert.Equal(0, _channel.PendingEvents);
        Assert.False(small.Push(Completions.Of(2), solicited: false));
        Assert.True(_channel.TryGetEvent(out CompletionQueue? overrun));
        Assert.Same(small, overrun);
    }

    // R-CQ-5: only solicited ones match, and only they count.
    [Fact]
    public void OnlyCompletionsThatMatchAreCounted()
    {
        _queue.SetModeration(2, TimeSpan.Zero);
        _queue.RequestNotification(NotificationKind.Solicited);
        Push(5);
        _queue.Push(Completions.Of(50), solicited: true);
        Push(5);
        Assert.Equal(0, _channel.PendingEvents);
        _queue.Push(Completions.Of(51), solicited: true);
        Assert.Equal(1, _channel.PendingEvents);
    }

    [Fact]
    public async Task AWaitIsNotHeldBack()
    {
        _queue.SetModeration(10, TimeSpan.Zero);
        Task wait = _queue.WaitAsync().AsTask();
        Push(1);
        await wait.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void TurningItOffTellsOfWhatWasHeldBack()
    {
        _queue.SetModeration(10, TimeSpan.Zero);
        _queue.RequestNotification(NotificationKind.Next);
        Push(2);
        Assert.Equal(0, _channel.PendingEvents);
        _queue.SetModeration(0, TimeSpan.Zero);
        Assert.Equal(1, _channel.PendingEvents);
        _queue.RequestNotification(NotificationKind.Next);
        Push(1);
        Assert.Equal((2, 0), (_channel.PendingEvents, _queue.ModerationCount));
    }

    [Fact]
    public void TheLimitsAreThoseOfTheDevice()
    {
        _queue.SetModeration(65535, TimeSpan.FromMicroseconds(65535));
        Assert.Equal((65535, TimeSpan.FromMicroseconds(65535)), (_queue.ModerationCount, _queue.ModerationPeriod));
        Failing.With(VerbsErrno.EINVAL, () => _queue.SetModeration(65536, TimeSpan.Zero), "cq_count", "65536", "65535");
        Failing.With(VerbsErrno.EINVAL, () => _queue.SetModeration(-1, TimeSpan.Zero), "cq_count", "-1");
        Failing.With(VerbsErrno.EINVAL, () => _queue.SetModeration(1, TimeSpan.FromMicroseconds(65536)), "cq_period", "65535");
        Failing.With(VerbsErrno.EINVAL, () => _queue.SetModeration(1, TimeSpan.FromTicks(-1)), "cq_period");
    }

    private void Push(int count)
    {
        for (int i = 0; i < count; i++)
            Assert.True(_queue.Push(Completions.Of(_next++), solicited: false));
    }
}
