using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>Who is told that packets have been handed over.</summary>
public sealed class HandoverNoticesTests : IHandoverObserver
{
    private readonly List<(uint QueuePair, long Position)> _told = [];

    void IHandoverObserver.HandedOver(uint queuePair, long position) => _told.Add((queuePair, position));

    [Fact]
    public void OneEntryStandsForARunOfPackets()
    {
        var burst = new PacketPool().Rent();
        for (long position = 1; position <= 3; position++)
            burst.Notices.Add(this, 7, position);
        burst.Notices.Add(this, 8, 40);
        burst.Notices.Add(this, 7, 4);
        Assert.Equal(3, burst.Notices.Count);
        burst.Notices.Tell();
        Assert.Equal([(7u, 3L), (8u, 40L), (7u, 4L)], _told);
    }

    [Fact] // A burst that ends before it was handed over takes its packets with it.
    public void ABurstThatEndsTells()
    {
        var pool = new PacketPool();
        var burst = pool.Rent();
        burst.Notices.Add(this, 7, 1);
        burst.Retain();
        burst.Release();
        Assert.Empty(_told);
        burst.Release();
        Assert.Equal([(7u, 1L)], _told);
        Assert.Equal(0, pool.Rent().Notices.Count);
    }

    [Fact]
    public void WhatWasTakenOffIsToldElsewhere()
    {
        var burst = new PacketPool().Rent();
        var elsewhere = new HandoverNotices();
        burst.Notices.Add(this, 7, 1);
        burst.Notices.MoveTo(elsewhere);
        burst.Release();
        Assert.Empty(_told);
        elsewhere.MoveTo(burst.Notices);
        burst.Notices.MoveTo(elsewhere);
        elsewhere.Tell();
        elsewhere.Tell();
        Assert.Equal([(7u, 1L)], _told);
    }
}
