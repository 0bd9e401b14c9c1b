namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>Protocol time: it does not wrap, and Never is the end of it.</summary>
public sealed class InstantTests
{
    private static readonly Instant Early = new(5);
    private static readonly Instant Late = new(6);

    [Fact]
    public void WhatLiesBeyondTheEndIsNever()
    {
        Assert.Equal(new Instant(11), Early.After(6));
        Assert.Equal(Instant.Never, new Instant(long.MaxValue - 5).After(6));
        Assert.Equal(Instant.Never, Instant.Never.After(1));
        Assert.NotEqual(Instant.Never, new Instant(long.MaxValue - 7).After(6));
    }

    [Fact]
    public void InstantsAreOrdered()
    {
        Assert.Equal((true, false, false), (Early < Late, Late < Early, Early < new Instant(5)));
        Assert.Equal((false, true, false), (Early > Late, Late > Early, Early > new Instant(5)));
        Assert.Equal((true, false, true), (Early <= Late, Late <= Early, Early <= new Instant(5)));
        Assert.Equal((false, true, true), (Early >= Late, Late >= Early, Early >= new Instant(5)));
        Assert.Equal((Early, Early), (Instant.Earlier(Early, Late), Instant.Earlier(Late, Early)));
        Assert.Equal(-1, Math.Sign(Early.CompareTo(Late)));
    }
}
