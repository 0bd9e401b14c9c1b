using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>The ring of a shared receive queue: many producers, many consumers, another size while in use.</summary>
public sealed class SharedReceiveRingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(100)]
    public void HoldsExactlyAsManyAsItsCapacityInOrder(int capacity)
    {
        SharedReceiveQueueContext queue = New(capacity);
        ulong posted = 0, taken = 0;
        for (int lap = 0; lap < 5; lap++)
        {
            while (Post(queue, posted))
                posted++;
            Assert.Equal((ulong)capacity, posted - taken);
            Assert.Equal(capacity, queue.Count);
            for (; taken < posted - (ulong)(lap % capacity); taken++)
                Assert.Equal(taken, Take(queue));
        }
    }

    [Fact]
    public void AnEmptyQueueGivesNothing()
    {
        SharedReceiveQueueContext queue = New(4);
        Assert.Null(Take(queue));
        Assert.True(Post(queue, 9));
        Assert.Equal(9ul, Take(queue));
        Assert.Null(Take(queue));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void EntriesComeOutAsTheyWentIn()
    {
        SharedReceiveQueueContext queue = New(2);
        ScatterGatherEntry[] entries = [new(1, 2, 3), new(4, 5, 6)];
        Assert.True(queue.TryPost(new ReceiveWqe { WorkRequestId = 7, Length = 7, EntryCount = 2 }, entries));
        Assert.True(queue.TryPost(new ReceiveWqe { WorkRequestId = 8 }, []));
        var into = new ScatterGatherEntry[4];
        Assert.True(queue.TryTake(into, out ReceiveWqe first));
        Assert.Equal(new ReceiveWqe { WorkRequestId = 7, Length = 7, EntryCount = 2 }, first);
        Assert.Equal(entries, into[..2]);
        Assert.True(queue.TryTake(into, out ReceiveWqe second));
        Assert.Equal((8ul, 0), (second.WorkRequestId, second.EntryCount));
    }

    // Larger and smaller, also several times before anything is taken: content, order and the exact new capacity.
    [Theory]
    [InlineData(8, 3)]
    [InlineData(3, 8)]
    [InlineData(4, 100)]
    public void AResizedQueueKeepsContentOrderAndExactness(int before, int after)
    {
        SharedReceiveQueueContext queue = New(before);
        int kept = Math.Min(before, after) - 1;
        ulong posted = 0;
        while (posted < (ulong)kept)
            Assert.True(Post(queue, posted++));
        queue.Resize(50);
        Assert.True(Post(queue, posted++));
        queue.Resize(after);
        Assert.Equal((after, kept + 1), (queue.Capacity, queue.Count));
        while (Post(queue, posted))
            posted++;
        Assert.Equal((ulong)after, posted);
        Assert.Equal(0ul, Take(queue));
        Assert.True(Post(queue, posted++));
        Assert.False(Post(queue, posted));
        for (ulong next = 1; next < posted; next++)
            Assert.Equal(next, Take(queue));
        Assert.Null(Take(queue));
        Assert.Equal(0, queue.Count);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(7, false)]
    [InlineData(64, true)]
    public void EveryReceiveIsTakenOnceAndWholeByOneOfManyShards(int capacity, bool resizes)
    {
        const int producers = 3, consumers = 3, each = 20_000;
        SharedReceiveQueueContext queue = New(capacity);
        int[] seen = new int[producers * each];
        int left = seen.Length;
        Action[] posting = [.. Enumerable.Range(0, producers).Select(p => (Action)(() => PostAll(queue, p * each, each)))];
        Action[] taking = [.. Enumerable.Range(0, consumers).Select(_ => (Action)(() => TakeAll(queue, seen, ref left)))];
        Action[] resizing = resizes ? [() => ResizeWhile(queue, ref left)] : [];
        Concurrently.Run([.. posting, .. taking, .. resizing]);
        Assert.All(seen, times => Assert.Equal(1, times));
        Assert.Equal(0, queue.Count);
    }

    // R-RESP-39: however many shards take at once, one of them raises it.
    [Fact]
    public void TheLimitIsReachedOnceByManyShards()
    {
        for (int round = 0; round < 200; round++)
        {
            using var fake = new FakeDevice();
            SharedReceiveQueue queue = fake.Domain.CreateSharedReceiveQueue(new() { MaxWorkRequests = 64 });
            for (ulong id = 0; id < 64; id++)
                queue.PostReceive(new ReceiveWorkRequest { WorkRequestId = id });
            queue.Modify(new() { Limit = 32 });
            Action take = () =>
            {
                for (int i = 0; i < 30; i++)
                    Assert.NotNull(Take(queue.Context));
            };
            Concurrently.Run(take, take);
            Assert.True(fake.Device.AsyncEvents.TryRead(out AsyncEvent happened));
            Assert.Equal((AsyncEventType.SharedReceiveQueueLimitReached, queue), (happened.Type, happened.SharedReceiveQueue));
            Assert.False(fake.Device.AsyncEvents.TryRead(out _));
            Assert.Equal(0, queue.Query().Limit);
        }
    }

    private static SharedReceiveQueueContext New(int capacity) => new(capacity, 4) { ProtectionDomain = 1 };

    private static bool Post(SharedReceiveQueueContext queue, ulong id) =>
        queue.TryPost(new ReceiveWqe { WorkRequestId = id, Length = (uint)id, EntryCount = 1 }, [new(id, (uint)id, (uint)~id)]);

    private static ulong? Take(SharedReceiveQueueContext queue)
    {
        Span<ScatterGatherEntry> entries = stackalloc ScatterGatherEntry[4];
        return queue.TryTake(entries, out ReceiveWqe wqe) ? wqe.WorkRequestId : null;
    }

    private static void PostAll(SharedReceiveQueueContext queue, int first, int count)
    {
        for (int id = first; id < first + count; id++)
            while (!Post(queue, (ulong)id))
                Thread.Yield();
    }

    private static void TakeAll(SharedReceiveQueueContext queue, int[] seen, ref int left)
    {
        var entries = new ScatterGatherEntry[4];
        while (Volatile.Read(ref left) > 0)
        {
            if (!queue.TryTake(entries, out ReceiveWqe wqe))
            {
                Thread.Yield();
                continue;
            }
            ulong id = wqe.WorkRequestId;
            Assert.Equal(((uint)id, 1, new ScatterGatherEntry(id, (uint)id, (uint)~id)), (wqe.Length, wqe.EntryCount, entries[0]));
            Interlocked.Increment(ref seen[(int)id]);
            Interlocked.Decrement(ref left);
        }
    }

    private static void ResizeWhile(SharedReceiveQueueContext queue, ref int left)
    {
        for (int turn = 0; Volatile.Read(ref left) > 0; turn++)
        {
            queue.Resize(64 + (turn % 7 * 40));
            Thread.Yield();
        }
    }
}
