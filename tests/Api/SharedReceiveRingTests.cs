using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>The ring of a shared receive queue: many producers, many consumers, another size while in use.</summary>
public sealed class SharedReceiveRingTests
{
    private const int Entries = 100;

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
        var into = new ScatterGatherEntry[Entries];
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

    // A full ring of two slots makes the producer wait for the very slot that a shard is copying out of.
    [Theory]
    [InlineData(2, 1, 1, false)]
    [InlineData(1, 3, 3, false)]
    [InlineData(2, 2, 2, false)]
    [InlineData(7, 3, 3, false)]
    [InlineData(64, 3, 3, true)]
    public void EveryReceiveIsTakenOnceAndWholeByOneOfManyShards(int capacity, int producers, int consumers, bool resizes)
    {
        const int each = 20_000;
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

    // R-RESP-39: when two shards take at the same moment and either finds too few left, one of them raises it.
    [Fact]
    public void TheLimitIsReachedOnceByManyShards()
    {
        const int rounds = 20_000;
        using var fake = new FakeDevice();
        SharedReceiveQueue queue = fake.Domain.CreateSharedReceiveQueue(new() { MaxWorkRequests = 2 });
        var meet = new SpinningBarrier();
        int wrong = 0;
        void Shard(bool prepares)
        {
            for (int round = 0; round < rounds; round++)
            {
                if (prepares)
                {
                    queue.PostReceive([default, default]);
                    queue.Context.Arm(2);
                }
                meet.Wait();
                Take(queue.Context);
                meet.Wait();
                if (prepares && CountEvents(fake.Device) != 1)
                    wrong++;
            }
        }
        Concurrently.Run(() => Shard(prepares: true), () => Shard(prepares: false));
        Assert.Equal(0, wrong);
        Assert.Equal(0, queue.Query().Limit);
    }

    private static int CountEvents(RdmaDevice device)
    {
        int count = 0;
        while (device.AsyncEvents.TryRead(out AsyncEvent happened))
            count += happened.Type == AsyncEventType.SharedReceiveQueueLimitReached ? 1 : 0;
        return count;
    }

    private static SharedReceiveQueueContext New(int capacity) => new(capacity, Entries) { ProtectionDomain = 1 };

    // Enough entries that who takes and who posts meet in the middle of a copy.
    private static bool Post(SharedReceiveQueueContext queue, ulong id)
    {
        Span<ScatterGatherEntry> entries = stackalloc ScatterGatherEntry[Entries];
        entries.Fill(new(id, (uint)id, (uint)~id));
        return queue.TryPost(new ReceiveWqe { WorkRequestId = id, Length = (uint)id, EntryCount = Entries }, entries);
    }

    private static ulong? Take(SharedReceiveQueueContext queue)
    {
        Span<ScatterGatherEntry> entries = stackalloc ScatterGatherEntry[Entries];
        return queue.TryTake(entries, out ReceiveWqe wqe) ? wqe.WorkRequestId : null;
    }

    private static void PostAll(SharedReceiveQueueContext queue, int first, int count)
    {
        for (int id = first; id < first + count; id++)
        {
            SpinWait spin = default;
            while (!Post(queue, (ulong)id))
                spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static void TakeAll(SharedReceiveQueueContext queue, int[] seen, ref int left)
    {
        var entries = new ScatterGatherEntry[Entries];
        SpinWait spin = default;
        while (Volatile.Read(ref left) > 0)
        {
            if (!queue.TryTake(entries, out ReceiveWqe wqe))
            {
                spin.SpinOnce(sleep1Threshold: -1);
                continue;
            }
            spin.Reset();
            ulong id = wqe.WorkRequestId;
            // One that is not whole does not count as seen.
            bool isWhole = wqe.Length == (uint)id && !entries.AsSpan().ContainsAnyExcept(new ScatterGatherEntry(id, (uint)id, (uint)~id));
            Interlocked.Add(ref seen[(int)id], isWhole ? 1 : 0);
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
