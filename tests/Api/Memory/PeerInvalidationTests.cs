using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>R-RESP-27: what a SEND with invalidate of a peer may end, and what not.</summary>
public sealed class PeerInvalidationTests
{
    private const AccessFlags Remote = AccessFlags.LocalWrite | AccessFlags.RemoteWrite;

    private readonly MemoryRegionTable _table = new(1000, static () => 4711);

    [Fact]
    public void ARegionRegisteredForItEndsOnce()
    {
        var key = _table.Add(7, 0x1000, 64, 1, Remote, peerMayInvalidate: true);
        Assert.True(_table.Contains(key));
        Assert.True(_table.TryInvalidate(key, 7));
        Assert.False(_table.Contains(key));
        Assert.Equal(MemoryKeyFault.BadKey, _table.TryResolve(key, remote: true, 7, 0x1000, 1, AccessFlags.RemoteWrite, out _));
        Assert.False(_table.TryInvalidate(key, 7));
        // The index belongs to the region until its owner gives it back.
        Assert.Equal(1, _table.Count);
        Assert.True(_table.Invalidate(key));
        Assert.Equal(0, _table.Count);
        Assert.False(_table.Invalidate(key));
    }

    [Theory]
    [InlineData(Remote, false, 7, 0)]
    [InlineData(AccessFlags.LocalWrite, true, 7, 0)]
    [InlineData(Remote, true, 8, 0)]
    [InlineData(Remote, true, 7, 1)]
    public void AnyOtherRegionStaysAsItIs(AccessFlags access, bool may, uint domain, uint variant)
    {
        var key = _table.Add(7, 0x1000, 64, 1, access, may);
        Assert.False(_table.TryInvalidate(key ^ variant, domain));
        Assert.True(_table.Contains(key));
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void OfManyWhoInvalidateOneKeyOneSucceeds()
    {
        for (var round = 0; round < 200; round++)
        {
            var key = _table.Add(7, 0x1000, 64, 1, Remote, peerMayInvalidate: true);
            var (peers, owners) = (0, 0);
            Parallel.For(0, 5, who =>
            {
                if (who == 0 && _table.Invalidate(key)) Interlocked.Increment(ref owners);
                if (who != 0 && _table.TryInvalidate(key, 7)) Interlocked.Increment(ref peers);
            });
            Assert.InRange(peers, 0, 1);
            Assert.Equal((1, 0), (owners, _table.Count));
            Assert.False(_table.Contains(key));
        }
    }
}
