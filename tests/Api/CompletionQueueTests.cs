using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Polling, resizing and overrun (completion.md 1).</summary>
public sealed class CompletionQueueTests : IDisposable
{
    private readonly FakeDevice _fake = new(completions: 4);

    public void Dispose() => _fake.Dispose();

    // R-CQ-1, R-VERB-18
    [Fact]
    public void CapacityMustBeWithinTheLimits()
    {
        RdmaDevice device = _fake.Device;
        int limit = device.Attributes.MaxCompletionQueueEntries;
        Failing.With(VerbsErrno.EINVAL, () => device.CreateCompletionQueue(0), "cqe", "is 0", $"{limit}");
        Failing.With(VerbsErrno.EINVAL, () => device.CreateCompletionQueue(limit + 1), "cqe", $"{limit + 1}", $"{limit}");
        Failing.With(VerbsErrno.EINVAL, () => device.CreateCompletionQueue(1, completionVector: 2), "comp_vector", "is 2", "1");
        using CompletionQueue largest = device.CreateCompletionQueue(limit, completionVector: 1);
        using CompletionQueue least = device.CreateCompletionQueue(1);
        Assert.Equal((limit, 1), (largest.Capacity, least.Capacity));
    }

    // R-CQ-2
    [Fact]
    public void PollGivesTheOldestFirstAndNeverMoreThanAskedFor()
    {
        for (ulong i = 0; i < 4; i++)
            Assert.True(_fake.Queue.Push(Completions.Of(i), solicited: false));
        var two = new WorkCompletion[2];
        Assert.Equal(2, _fake.Queue.Poll(two));
        Assert.Equal([0UL, 1], two.Select(c => c.WorkRequestId));
        Assert.Equal(2, _fake.Queue.Count);
        Assert.Equal([2UL, 3], Completions.PollAll(_fake.Queue));
        Assert.Equal(0, _fake.Queue.Poll(two));
        Assert.Equal(0, _fake.Queue.Poll([]));
    }

    [Fact]
    public void PollingAnEmptyQueueDrivesTheDeviceOnce()
    {
        int drives = 0;
        _fake.Provider.OnDrive = () => ++drives == 1 && _fake.Queue.Push(Completions.Of(9), solicited: false);
        Assert.Equal([9UL], Completions.PollAll(_fake.Queue));
        Assert.Equal(2, drives);
    }

    [Fact]
    public void PollAndPushAllocateNothing()
    {
        var batch = new WorkCompletion[4];
        WorkCompletion completion = Completions.Of(1);
        CompletionQueue queue = _fake.Queue;
        long allocated = 0;
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                queue.Push(completion, solicited: false);
                queue.Push(completion, solicited: true);
                queue.Poll(batch);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }

    // R-CQ-7
    [Fact]
    public void ResizeKeepsContentAndOrder()
    {
        CompletionQueue queue = _fake.Queue;
        for (ulong i = 0; i < 4; i++)
            queue.Push(Completions.Of(i), solicited: false);
        Failing.With(VerbsErrno.EINVAL, () => queue.Resize(3), "cqe", "is 3", "4");
        Failing.With(VerbsErrno.EINVAL, () => queue.Resize(0), "cqe", "is 0");
        Failing.With(VerbsErrno.EINVAL, () => queue.Resize(1 << 15), "cqe", "32768", "32767");
        queue.Resize(6);
        Assert.Equal((6, 4), (queue.Capacity, queue.Count));
        queue.Push(Completions.Of(4), solicited: false);
        queue.Resize(5);
        queue.Push(Completions.Of(5), solicited: false);
        Assert.Equal(6, queue.Count);
        var five = new WorkCompletion[5];
        Assert.Equal(5, queue.Poll(five));
        Assert.Equal([0UL, 1, 2, 3, 4], five.Select(c => c.WorkRequestId));
        Assert.Equal([5UL], Completions.PollAll(queue));
        queue.Resize(1);
        Assert.True(queue.Push(Completions.Of(6), solicited: false));
        Assert.False(queue.Push(Completions.Of(7), solicited: false));
    }

    // R-CQ-7: "may be called with QPs active"
    [Fact]
    public void ResizeUnderLoadLosesNothingAndReordersNothing()
    {
        const int Producers = 3, Each = 15_000;
        using CompletionQueue queue = _fake.Device.CreateCompletionQueue(Producers * 16);
        var seen = new List<ulong>();
        long[] polled = new long[Producers];
        Action[] produce = [.. Enumerable.Range(0, Producers).Select(p => (Action)(() => Produce(queue, p, Each, polled)))];
        bool done = false;
        Concurrently.Run([.. produce, () => Consume(queue, Producers * Each, seen, polled, ref done), () => ResizeUntil(queue, ref done)]);

        Assert.False(queue.IsOverrun);
        Assert.Equal(Producers * Each, seen.Count);
        Assert.Equal(Producers * Each, seen.Distinct().Count());
        foreach (IGrouping<ulong, ulong> producer in seen.GroupBy(id => id >> 32))
            Assert.Equal(producer.Order(), producer);
    }

    // R-CQ-8
    [Fact]
    public void OverrunIsToldOnceAndEndsTheQueue()
    {
        CompletionQueue queue = _fake.Queue;
        for (ulong i = 0; i < 4; i++)
            Assert.True(queue.Push(Completions.Of(i), solicited: false));
        Assert.False(queue.Push(Completions.Of(4), solicited: false));
        Assert.False(queue.Push(Completions.Of(5), solicited: false));
        Assert.True(queue.IsOverrun);
        Assert.True(_fake.Device.AsyncEvents.TryRead(out AsyncEvent happened));
        Assert.Equal(AsyncEventType.CompletionQueueError, happened.Type);
        Assert.Same(queue, happened.CompletionQueue);
        Assert.False(_fake.Device.AsyncEvents.TryRead(out _));

        // What was in it can be taken; nothing new ever comes.
        var four = new WorkCompletion[4];
        Assert.Equal(4, queue.Poll(four));
        Assert.Equal([0UL, 1, 2, 3], four.Select(c => c.WorkRequestId));
        Assert.False(queue.Push(Completions.Of(6), solicited: false));
        Failing.With(VerbsErrno.EOVERFLOW, () => queue.Poll(four), "overrun");
        Failing.With(VerbsErrno.EOVERFLOW, () => queue.Resize(8), "overrun");
    }

    [Fact]
    public async Task OverrunAndDisposeEndAWait()
    {
        CompletionQueue queue = _fake.Queue;
        for (ulong i = 0; i < 5; i++)
            queue.Push(Completions.Of(i), solicited: false);
        queue.Poll(new WorkCompletion[4]);
        RdmaException overrun = await Assert.ThrowsAsync<RdmaException>(async () => await queue.WaitAsync());
        Assert.Equal(VerbsErrno.EOVERFLOW, overrun.Errno);

        CompletionQueue other = _fake.Device.CreateCompletionQueue(1);
        Task wait = other.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted);
        other.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
    }

    // At most 16 completions of a producer are in the queue, so that no resize to 48 or more can overrun it.
    private static void Produce(CompletionQueue queue, int producer, int count, long[] polled)
    {
        SpinWait spin = default;
        for (uint i = 0; i < count; i++)
        {
            while (i - Volatile.Read(ref polled[producer]) >= 16)
                spin.SpinOnce(sleep1Threshold: -1);
            Assert.True(queue.Push(Completions.Of(((ulong)producer << 32) | i), solicited: false));
        }
    }

    private static void Consume(CompletionQueue queue, int count, List<ulong> seen, long[] polled, ref bool done)
    {
        var batch = new WorkCompletion[9];
        while (seen.Count < count)
        {
            int taken = queue.Poll(batch);
            for (int i = 0; i < taken; i++)
            {
                seen.Add(batch[i].WorkRequestId);
                Interlocked.Increment(ref polled[batch[i].WorkRequestId >> 32]);
            }
        }
        Volatile.Write(ref done, true);
    }

    private static void ResizeUntil(CompletionQueue queue, ref bool done)
    {
        for (int round = 0; !Volatile.Read(ref done); round++)
        {
            queue.Resize(48 + (round % 50));
            Thread.Yield();
        }
    }
}
