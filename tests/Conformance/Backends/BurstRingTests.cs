using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class BurstRingTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void HoldsItsCapacityInOrderForManyRounds(int capacity)
    {
        var pool = new PacketPool();
        var ring = new BurstRing(capacity);
        Assert.Equal(capacity, ring.Capacity);
        for (var round = 0; round < 100; round++)
        {
            Assert.True(ring.IsEmpty);
            var bursts = Enumerable.Range(0, capacity).Select(_ => pool.Rent()).ToArray();
            Assert.All(bursts, b => Assert.True(ring.TryAdd(b)));
            Assert.False(ring.TryAdd(bursts[0]));
            Assert.False(ring.IsEmpty);
            Assert.All(bursts, b => Assert.Same(b, ring.TryTake()));
            Assert.Null(ring.TryTake());
            Array.ForEach(bursts, b => b.Release());
        }
    }
}
