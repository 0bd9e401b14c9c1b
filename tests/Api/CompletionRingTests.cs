using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>The completion ring under one and under many threads (R-CQ-2, R-CQ-7, R-CQ-8, R-CQ-24).</summary>
public sealed class CompletionRingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public void HoldsExactlyItsCapacityAndKeepsOrderOverManyLaps(int capacity)
    {
        var ring = new CompletionRing(capacity);
        var taken = new WorkCompletion[capacity + 5];
        ulong next = 0;
        for (int lap = 0; lap < 20; lap++)
        {
            for (int i = 0; i < capacity; i++)
                Assert.Equal(CompletionPush.Done, ring.TryPush(Completions.Of(next++)));
            Assert.Equal(CompletionPush.Full, ring.TryPush(Completions.Of(ulong.MaxValue)));
            Assert.Equal(capacity, ring.Count);
            Assert.Equal(capacity, ring.Take(taken));
            for (int i = 0; i < capacity; i++)
                Assert.Equal(next - (ulong)capacity + (ulong)i, taken[i].WorkRequestId);
            Assert.True(ring.IsEmpty);
            Assert.Equal(0, ring.Take(taken));
        }
    }

    [Fact]
    public void TakesNoMoreThanTheSpanHolds()
    {
        var ring = new CompletionRing(8);
        for (ulong i = 0; i < 5; i++)
            ring.TryPush(Completions.Of(i));
        var two = new WorkCompletion[2];
        Assert.Equal(0, ring.Take([]));
        Assert.Equal(2, ring.Take(two));
        Assert.Equal([0UL, 1], two.Select(c => c.WorkRequestId));
        Assert.Equal(3, ring.Count);
    }

    [Fact]
    public void ASealedRingTakesNoMoreAndIsDrainedOnlyWhenEmpty()
    {
        var ring = new CompletionRing(2);
        var next = new CompletionRing(4);
        ring.TryPush(Completions.Of(1));
        ring.Seal(next);
        Assert.Equal(CompletionPush.Sealed, ring.TryPush(Completions.Of(2)));
        Assert.Same(next, ring.Next);
        Assert.Equal(1, ring.Count);
        Assert.False(ring.IsDrained);
        Assert.Equal(1, ring.Take(new WorkCompletion[4]));
        Assert.True(ring.IsDrained);
    }

    [Theory]
    [InlineData(1, 2, 2, 4_000)]
    [InlineData(2, 2, 2, 30_000)]
    [InlineData(7, 3, 3, 30_000)]
    [InlineData(256, 4, 4, 100_000)]
    public void EveryCompletionIsTakenOnceAndInItsProducersOrder(int capacity, int producers, int consumers, int each)
    {
        var ring = new CompletionRing(capacity);
        int left = producers * each;
        var seen = new List<ulong>[consumers];
        Action[] produce = [.. Enumerable.Range(0, producers).Select(p => (Action)(() => Produce(ring, (ulong)p, each)))];
        Action[] consume = [.. Enumerable.Range(0, consumers).Select(c => (Action)(() => seen[c] = Consume(ring, ref left)))];
        Concurrently.Run([.. produce, .. consume]);

        Assert.Equal(producers * each, seen.Sum(s => s.Count));
        Assert.Equal(producers * each, seen.SelectMany(s => s).Distinct().Count());
        foreach (List<ulong> ids in seen)
            AssertOrderPerProducer(ids);
    }

    private static void Produce(CompletionRing ring, ulong producer, int count)
    {
        SpinWait spin = default;
        for (uint i = 0; i < count; i++)
            while (ring.TryPush(Completions.Of((producer << 32) | i)) != CompletionPush.Done)
                spin.SpinOnce(sleep1Threshold: -1);
    }

    private static List<ulong> Consume(CompletionRing ring, ref int left)
    {
        var ids = new List<ulong>();
        var batch = new WorkCompletion[5];
        SpinWait spin = default;
        while (Volatile.Read(ref left) > 0)
        {
            int count = ring.Take(batch);
            if (count == 0)
                spin.SpinOnce(sleep1Threshold: -1);
            Interlocked.Add(ref left, -count);
            for (int i = 0; i < count; i++)
            {
                // All fields were written from the same number: a torn copy would show here.
                Assert.Equal((uint)batch[i].WorkRequestId, batch[i].ByteLength);
                Assert.Equal((uint)(batch[i].WorkRequestId >> 32), batch[i].QueuePairNumber);
                ids.Add(batch[i].WorkRequestId);
            }
        }
        return ids;
    }

    private static void AssertOrderPerProducer(List<ulong> ids)
    {
        foreach (IGrouping<ulong, ulong> producer in ids.GroupBy(id => id >> 32))
            Assert.Equal(producer.Order(), producer);
    }
}
