using System.Collections.Concurrent;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class PacketPoolTests
{
    private readonly PacketPool _pool = new();

    [Fact]
    public void SlabsAreAlignedLargeEnoughAndApart()
    {
        var bursts = Enumerable.Range(0, 9).Select(_ => _pool.Rent()).ToArray();
        Assert.All(bursts, b => Assert.Equal(0, b.Slab % 64));
        Assert.All(bursts, b => Assert.True(b.SlabLength >= 66 * 1024));
        for (var i = 0; i < bursts.Length; i++)
        {
            bursts[i].Bytes(0, bursts[i].SlabLength).Fill((byte)i);
            for (var packet = 0; packet < PacketBurst.MaxPackets; packet++)
                bursts[i].HeaderArea(packet).Fill((byte)~i);
        }

        for (var i = 0; i < bursts.Length; i++)
        {
            Assert.False(bursts[i].Bytes(0, bursts[i].SlabLength).ContainsAnyExcept((byte)i));
            Assert.False(bursts[i].HeaderArea(63).ContainsAnyExcept((byte)~i));
            bursts[i].Release();
        }
    }

    [Fact]
    public void TheBurstReleasedLastIsRentedFirstAndComesEmpty()
    {
        var first = _pool.Rent();
        var second = _pool.Rent();
        first.Append();
        first.RunCount = 3;
        first.Release();
        second.Release();
        Assert.Same(second, _pool.Rent());
        var again = _pool.Rent();
        Assert.Same(first, again);
        Assert.Equal((0, 0, 0, 0, BurstStage.Unencoded), (again.Count, again.RunCount, again.SegmentCount, again.SentCount, again.State));
    }

    [Fact]
    public void OutstandingCountsWhatIsRentedAndThePoolGrowsOnlyWhenEmpty()
    {
        var bursts = Enumerable.Range(0, 10).Select(_ => _pool.Rent()).ToArray();
        var created = _pool.Created;
        Assert.Equal(10, _pool.Outstanding);
        Array.ForEach(bursts, b => b.Release());
        Assert.Equal(0, _pool.Outstanding);
        for (var i = 0; i < 1000; i++)
            _pool.Rent().Release();
        Assert.Equal(created, _pool.Created);
    }

    [Fact]
    public void OnlyTheLastHolderReturnsASharedBurst()
    {
        var burst = _pool.Rent();
        Assert.False(burst.IsShared);
        burst.Retain();
        burst.Retain();
        Assert.True(burst.IsShared);
        burst.Release();
        burst.Release();
        Assert.Equal((1, false), (_pool.Outstanding, burst.IsShared));
        burst.Release();
        Assert.Equal(0, _pool.Outstanding);
        Assert.Throws<InvalidOperationException>(burst.Release);
    }

    [Fact]
    public async Task BurstsReleasedOnManyThreadsAllComeBack()
    {
        const int rounds = 20_000, threads = 3;
        var queues = Enumerable.Range(0, threads).Select(_ => new BlockingCollection<PacketBurst>()).ToArray();
        var releasing = queues.Select(q => Task.Factory.StartNew(
            () =>
            {
                foreach (var burst in q.GetConsumingEnumerable())
                    burst.Release();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        for (var i = 0; i < rounds; i++)
        {
            var burst = _pool.Rent();
            Assert.Equal(0, burst.Count);
            burst.Append();
            var sharers = 1 + (i % threads);
            for (var s = 1; s < sharers; s++)
                burst.Retain();
            for (var s = 0; s < sharers; s++)
                queues[(i + s) % threads].Add(burst);
            while (_pool.Outstanding > 200)
                Thread.Yield();
        }

        Array.ForEach(queues, q => q.CompleteAdding());
        await Task.WhenAll(releasing);
        Assert.Equal(0, _pool.Outstanding);
        Assert.InRange(_pool.Created, 1, 204);
    }
}
