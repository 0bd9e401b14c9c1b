using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>The send and receive rings: tickets, publication, retirement (R-VERB-9, R-REQ-53).</summary>
public sealed class WorkQueueRingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(100)]
    public void GivesExactlyAsManyTicketsAsItsCapacity(int capacity)
    {
        var ring = new SendQueueRing(capacity, 2, 16);
        Assert.Equal(capacity, ring.Capacity);
        for (int lap = 0; lap < 5; lap++)
        {
            for (int i = 0; i < capacity; i++)
            {
                Assert.True(ring.TryReserve(out long index));
                Assert.Equal((lap * capacity) + i, index);
            }
            Assert.False(ring.TryReserve(out _));
            ring.Retire(ring.Tail);
        }
    }

    [Fact]
    public void AnIndexIsPublishedOnlyByItsOwnTicket()
    {
        var ring = new ReceiveQueueRing(2, 1);
        Assert.True(ring.TryReserve(out long first));
        Assert.True(ring.TryReserve(out long second));
        ring.Publish(second);
        Assert.False(ring.IsPublished(first));
        Assert.True(ring.IsPublished(second));
        ring.Publish(first);
        Assert.True(ring.IsPublished(first));
        ring.Retire(first + 1);
        Assert.True(ring.TryReserve(out long third));
        Assert.False(ring.IsPublished(third));
        Assert.Equal(2, ring.PostedCount);
    }

    [Fact]
    public void SlotsEntriesAndInlineAreasDoNotOverlap()
    {
        var ring = new SendQueueRing(3, 2, 5);
        for (long i = 0; i < 3; i++)
        {
            Assert.True(ring.TryReserve(out long index));
            ring.Slot(index).WorkRequestId = (ulong)index;
            ring.Entries(index).Fill(new ScatterGatherEntry((ulong)index, 1, 2));
            ring.Inline(index).Fill((byte)(index + 1));
            ring.Publish(index);
        }
        for (long i = 0; i < 3; i++)
        {
            Assert.Equal((ulong)i, ring.Slot(i).WorkRequestId);
            Assert.Equal([(ulong)i, (ulong)i], ring.Entries(i).ToArray().Select(e => e.Address));
            Assert.Equal(Enumerable.Repeat((byte)(i + 1), 5), ring.Inline(i).ToArray());
        }
    }

    [Fact]
    public unsafe void TheInlineAddressIsThatOfTheInlineBytesAndStays()
    {
        var ring = new SendQueueRing(4, 1, 8);
        nint before = ring.InlineAddress(2);
        ring.Inline(2).Fill(0x5A);
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        Assert.Equal(before, ring.InlineAddress(2));
        Assert.Equal(0x5A, *(byte*)before);
        Assert.Equal(0x5A, ((byte*)before)[7]);
    }

    [Fact]
    public void ResetDiscardsWhatIsPosted()
    {
        var ring = new SendQueueRing(4, 1, 0);
        for (int i = 0; i < 3; i++)
        {
            ring.TryReserve(out long index);
            ring.Publish(index);
        }
        ring.Retire(1);
        ring.Reset();
        Assert.Equal(3, ring.Retired);
        Assert.False(ring.IsPublished(ring.Retired));
        for (int i = 0; i < 4; i++)
            Assert.True(ring.TryReserve(out _));
        Assert.False(ring.TryReserve(out _));
    }

    [Fact]
    public void ResetWaitsForAProducerThatHasItsTicketButHasNotPublished()
    {
        var ring = new SendQueueRing(2, 1, 0);
        Assert.True(ring.TryReserve(out long index));
        using var resetting = new ManualResetEventSlim();
        bool published = false;
        Concurrently.Run(
            () =>
            {
                resetting.Set();
                ring.Reset();
                Assert.True(Volatile.Read(ref published));
            },
            () =>
            {
                resetting.Wait();
                Volatile.Write(ref published, true);
                ring.Publish(index);
            });
        Assert.Equal(1, ring.Retired);
    }

    [Theory]
    [InlineData(1, 2, 4_000)]
    [InlineData(3, 3, 30_000)]
    [InlineData(64, 4, 100_000)]
    public void ManyProducersOneConsumerEveryRequestOnceAndInItsProducersOrder(int capacity, int producers, int each)
    {
        var ring = new SendQueueRing(capacity, 2, 8);
        var seen = new List<ulong>();
        Action[] produce = [.. Enumerable.Range(0, producers).Select(p => (Action)(() => Produce(ring, (ulong)p, each)))];
        Concurrently.Run([.. produce, () => Consume(ring, producers * each, seen)]);

        Assert.Equal(producers * each, seen.Distinct().Count());
        foreach (IGrouping<ulong, ulong> producer in seen.GroupBy(id => id >> 32))
            Assert.Equal(producer.Order(), producer);
    }

    private static void Produce(SendQueueRing ring, ulong producer, int count)
    {
        SpinWait spin = default;
        for (uint i = 0; i < count; i++)
        {
            long index;
            while (!ring.TryReserve(out index))
                spin.SpinOnce(sleep1Threshold: -1);
            ulong id = (producer << 32) | i;
            ring.Slot(index) = new SendWqe { WorkRequestId = id, Length = i, EntryCount = 2 };
            ring.Entries(index).Fill(new ScatterGatherEntry(id, i, 0));
            BitConverter.TryWriteBytes(ring.Inline(index), id);
            ring.Publish(index);
        }
    }

    private static void Consume(SendQueueRing ring, int count, List<ulong> seen)
    {
        SpinWait spin = default;
        for (long index = 0; index < count; index++)
        {
            while (!ring.IsPublished(index))
                spin.SpinOnce(sleep1Threshold: -1);
            SendWqe wqe = ring.Slot(index);
            Assert.Equal((uint)wqe.WorkRequestId, wqe.Length);
            Assert.Equal(wqe.WorkRequestId, ring.Entries(index)[1].Address);
            Assert.Equal(wqe.WorkRequestId, BitConverter.ToUInt64(ring.Inline(index)));
            seen.Add(wqe.WorkRequestId);
            ring.Retire(index + 1);
        }
    }
}
