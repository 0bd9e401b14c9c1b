using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Reading one by one, and timestamps (create_cq_ex, start_poll, next_poll).</summary>
public sealed class CompletionReaderTests : IDisposable
{
    private readonly FakeDevice _fake = new();
    private readonly CompletionQueue _queue;

    public CompletionReaderTests() =>
        _queue = _fake.Device.CreateCompletionQueue(new CompletionQueueOptions { Capacity = 4, Timestamps = true, UserContext = "mine" });

    public void Dispose() => _fake.Dispose();

    // R-CQ-2
    [Fact]
    public void EachCompletionHasTheTimeAtWhichItWasMade()
    {
        for (ulong id = 1; id <= 3; id++)
        {
            _fake.Provider.Clock = (long)id * 1000;
            _queue.Push(Completions.Of(id), solicited: false);
        }
        _fake.Provider.Clock = 9000;
        Assert.Equal(9000, _fake.Device.ReadClock());
        CompletionReader reader = _queue.Read();
        var seen = new List<(ulong, long)>();
        while (reader.MoveNext())
            seen.Add((reader.Current.WorkRequestId, reader.Timestamp));
        Assert.Equal([(1, 1000), (2, 2000), (3, 3000)], seen);
        Assert.Equal(0, _queue.Count);
    }

    // R-CQ-7: a resize keeps the times as it keeps content and order; and the ring may have gone around.
    [Fact]
    public void TimesSurviveAResizeAndAFullTurnOfTheRing()
    {
        var seen = new List<(ulong, long)>();
        for (ulong id = 0; id < 20; id++)
        {
            _fake.Provider.Clock = (long)id;
            _queue.Push(Completions.Of(id), solicited: false);
            if (id % 7 == 3)
                _queue.Resize(4 + (int)(id % 3));
            if (id % 3 == 2)
                Take(_queue, 2, seen);
            if (_queue.Count >= 4)
                Take(_queue, 4, seen);
        }
        Take(_queue, 100, seen);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => ((ulong)i, (long)i)), seen);
    }

    [Fact]
    public void AQueueWithoutTimestampsReadsNoClockAndSaysSo()
    {
        _fake.Queue.Push(Completions.Of(5), solicited: false);
        Assert.False(_fake.Queue.HasTimestamps);
        Failing.With(
            VerbsErrno.EINVAL,
            () =>
            {
                CompletionReader reader = _fake.Queue.Read();
                Assert.True(reader.MoveNext());
                Assert.Equal(5ul, reader.Current.WorkRequestId);
                _ = reader.Timestamp;
            },
            "Timestamps");
    }

    [Fact]
    public void AReaderStopsAtItsLimitAndCanBeEnumerated()
    {
        for (ulong id = 0; id < 4; id++)
            _queue.Push(Completions.Of(id), solicited: false);
        var seen = new List<ulong>();
        foreach (ref readonly WorkCompletion completion in _queue.Read(3))
            seen.Add(completion.WorkRequestId);
        Assert.Equal([0ul, 1, 2], seen);
        Assert.Equal(1, _queue.Count);
        Assert.False(_queue.Read(0).MoveNext());
        Failing.With(VerbsErrno.EINVAL, () => _queue.Read(-1), "limit", "-1");
    }

    [Fact]
    public void AnEmptyQueueDrivesTheDeviceOnceAndAnOverrunIsTold()
    {
        int drives = 0;
        _fake.Provider.OnDrive = () => ++drives == 1 && _queue.Push(Completions.Of(7), solicited: false);
        CompletionReader reader = _queue.Read();
        Assert.True(reader.MoveNext());
        Assert.False(reader.MoveNext());
        Assert.Equal(1, drives);
        for (ulong id = 0; id < 5; id++)
            _queue.Push(Completions.Of(id), solicited: false);
        var seen = new List<ulong>();
        foreach (ref readonly WorkCompletion completion in _queue.Read())
            seen.Add(completion.WorkRequestId);
        Assert.Equal([0ul, 1, 2, 3], seen);
        Failing.With(VerbsErrno.EOVERFLOW, () => _queue.Read().MoveNext(), "overrun");
        _queue.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _queue.Read().MoveNext());
    }

    [Fact]
    public void ReadingAllocatesNothing()
    {
        long allocated = 0, sum = 0;
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                _queue.Push(Completions.Of(1), solicited: false);
                _queue.Push(Completions.Of(2), solicited: false);
                CompletionReader reader = _queue.Read();
                while (reader.MoveNext())
                    sum += reader.Timestamp + (long)reader.Current.WorkRequestId;
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal((0, 6000), (allocated, sum));
    }

    // R-CQ-2: any number of threads, each completion once.
    [Fact]
    public void SeveralReadersGetEachCompletionOnce()
    {
        const int count = 60_000;
        using CompletionQueue queue = _fake.Device.CreateCompletionQueue(new CompletionQueueOptions { Capacity = 64, Timestamps = true });
        int[] seen = new int[count];
        int left = count;
        void ReadAll()
        {
            while (Volatile.Read(ref left) > 0)
            {
                CompletionReader reader = queue.Read(5);
                while (reader.MoveNext())
                {
                    Interlocked.Increment(ref seen[(int)reader.Current.WorkRequestId]);
                    Interlocked.Decrement(ref left);
                }
            }
        }
        Concurrently.Run(() => PushAll(queue, count, ref left), ReadAll, ReadAll);
        Assert.All(seen, times => Assert.Equal(1, times));
    }

    private static void PushAll(CompletionQueue queue, int count, ref int left)
    {
        SpinWait spin = default;
        for (int i = 0; i < count; i++)
        {
            while (i - (count - Volatile.Read(ref left)) >= 64)
                spin.SpinOnce(sleep1Threshold: -1);
            Assert.True(queue.Push(Completions.Of((ulong)i), solicited: false));
        }
    }

    private static void Take(CompletionQueue queue, int limit, List<(ulong, long)> into)
    {
        CompletionReader reader = queue.Read(limit);
        while (reader.MoveNext())
            into.Add((reader.Current.WorkRequestId, reader.Timestamp));
    }
}
