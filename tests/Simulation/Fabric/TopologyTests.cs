using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>Switches, ways and partitions.</summary>
public sealed class TopologyTests
{
    [Fact]
    public void PacketsPassSwitchesAndTakeTheirTimeInEach()
    {
        using var fabric = NewFabric();
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        var (s, t) = (fabric.AddSwitch("s"), fabric.AddSwitch("t", TimeSpan.FromMicroseconds(7)));
        fabric.Connect(a, s);
        fabric.Connect(s, t);
        fabric.Connect(t, b);
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(1));
        var way = fabric.Log.Entries.Where(entry => entry.Packet?.Number == 1).ToList();
        Assert.Equal(
            [(a, FabricEvent.Sent), (s, FabricEvent.Forwarded), (t, FabricEvent.Forwarded), (b, FabricEvent.Delivered)],
            way.Select(entry => (entry.Node!, entry.Kind)));
        // Three cables of 2 µs, 300 ns and 7 µs in the switches, and the wire.
        Assert.InRange(way[^1].Nanoseconds - way[0].Nanoseconds, 13_300, 13_400);
    }

    [Fact]
    public void WhenALinkGoesDownPacketsTakeAnotherWay()
    {
        using var fabric = NewFabric();
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        var (s, t, u) = (fabric.AddSwitch("s"), fabric.AddSwitch("t"), fabric.AddSwitch("u"));
        fabric.Connect(a, s);
        var near = fabric.Connect(s, t);
        var far = fabric.Connect(s, u);
        fabric.Connect(u, t);
        fabric.Connect(t, b);
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal((1, 0), (near.From(s).Entered, far.From(s).Entered));
        near.Down();
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(2));
        Assert.Equal((1, 1), (near.From(s).Entered, far.From(s).Entered));
        Assert.Equal(PortState.Active, a.Device.QueryPort(1).State);
        near.Up();
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(3));
        Assert.Equal((2, 1), (near.From(s).Entered, far.From(s).Entered));
    }

    [Fact]
    public void WhereNoWayLeadsPacketsAreLost()
    {
        using var fabric = NewFabric();
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        fabric.Connect(a, fabric.AddSwitch("s"));
        fabric.Connect(b, fabric.AddSwitch("t"));
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, left.Completions[0].Status);
        Assert.All(fabric.Log.Entries.Where(e => e.Kind == FabricEvent.Lost), e => Assert.Equal(DropReason.NoRoute, e.Reason));
    }

    [Fact]
    public void HostsForwardNothing()
    {
        using var fabric = NewFabric();
        var (a, between, b) = (fabric.AddHost("a"), fabric.AddHost("between"), fabric.AddHost("b"));
        fabric.Connect(a, between);
        fabric.Connect(between, b);
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, left.Completions[0].Status);
        Assert.DoesNotContain(fabric.Log.Entries, entry => entry.Kind == FabricEvent.Delivered);
    }

    [Fact]
    public void APartitionPartsAndHeals()
    {
        using var fabric = NewFabric();
        var hosts = Enumerable.Range(0, 3).Select(_ => fabric.AddHost()).ToArray();
        var s = fabric.AddSwitch();
        foreach (var host in hosts)
            fabric.Connect(host, s);
        var (a, b) = Endpoint.Connect(hosts[0], hosts[1], FabricScene.Options);
        var (c, d) = Endpoint.Connect(hosts[1], hosts[2], FabricScene.Options);
        var partition = fabric.Partition(hosts[0], hosts[1]);
        a.Write(b, 100);
        c.Write(d, 100);
        fabric.RunUntil(() => c.Has(1));
        fabric.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(a.Has(1));
        partition.Heal();
        fabric.RunUntil(() => a.Has(1));
        Assert.Equal(WorkCompletionStatus.Success, a.Completions[0].Status);
        fabric.Partition([hosts[2]]);
        c.Write(d, 100);
        a.Write(b, 100);
        fabric.RunUntil(() => a.Has(2));
        fabric.RunUntil(() => c.Has(2));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, c.Completions[1].Status);
        fabric.Heal();
        Assert.Empty(fabric.Partitions);
    }

    [Fact]
    public void HostsHaveTheAddressesTheyAreGiven()
    {
        using var fabric = NewFabric();
        var a = fabric.AddHost("a", new FabricHostOptions { Addresses = [IPAddress.Parse("fd00::1"), IPAddress.Parse("192.0.2.7")] });
        var b = fabric.AddHost("b", new FabricHostOptions { Addresses = [IPAddress.Parse("fd00::2")] });
        fabric.Connect(a, b);
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal((Gid.Parse("fd00::1"), Gid.Parse("fd00::2")), (a.Gid, b.Gid));
        Assert.Equal(Gid.Parse("192.0.2.7"), a.Device.QueryGidEntry(1, 1)!.Value.Gid);
        var taken = Assert.Throws<ArgumentException>(
            () => fabric.AddHost("c", new FabricHostOptions { Addresses = [IPAddress.Parse("fd00::2")] }));
        Assert.Contains("fd00::2", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHostReachesItselfWithoutALink()
    {
        using var fabric = NewFabric();
        var a = fabric.AddHost("a");
        var (left, right) = Endpoint.Connect(a, a, FabricScene.Options);
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal(WorkCompletionStatus.Success, left.Completions[0].Status);
    }

    [Fact]
    public void WrongOptionsNameFieldValueAndLimit()
    {
        using var fabric = NewFabric();
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        AssertNames(() => fabric.Connect(a, b, new LinkOptions { Loss = 1.5 }), "Loss", "1.5", "0 to 1");
        AssertNames(() => fabric.Connect(a, b, new LinkOptions { Loss = 0.6, Corruption = 0.6 }), "probabilities", "1.2", "at most 1");
        AssertNames(() => fabric.Connect(a, b, new LinkOptions { Mtu = 1500 }), "Mtu", "1500", "256, 512, 1024, 2048 or 4096");
        var early = new LinkOptions { Latency = -TimeSpan.FromTicks(1) };
        AssertNames(() => fabric.Connect(a, b, early), "Latency", "-00:00:00.0000001", "00:00:00");
        AssertNames(() => fabric.Connect(a, b, new LinkOptions { BitsPerSecond = 7 }), "BitsPerSecond", "7", "1000");
        AssertNames(() => fabric.Connect(a, a), "b", "a", "two ends");
        AssertNames(() => fabric.AddHost("a"), "name", "a", "a node of this name");
        AssertNames(() => fabric.AddHost("c", new FabricHostOptions { ReceiveRing = 0 }), "ReceiveRing", "0", "1 to 1048576");
        AssertNames(() => fabric.AddHost("c", new FabricHostOptions { Mtu = 1 }), "Mtu", "1", "256");
        AssertNames(() => fabric.AddHost("c", new FabricHostOptions { InitialPsn = 1 << 24 }), "InitialPsn", "16777216", "16777215");
        var three = new FabricHostOptions { Device = new DeviceOptions { ShardCount = 3 } };
        AssertNames(() => fabric.AddHost("c", three), "ShardCount", "3", "power");
        AssertNames(() => new RdmaTestFabric(new() { NanosecondsPerStep = 0 }), "NanosecondsPerStep", "0", "1 to 1000000");
        AssertNames(() => new RdmaTestFabric(new() { LinkType = LinkType.RoCEv1 }), "LinkType", "RoCEv1", "InfiniBand");
        AssertNames(() => fabric.Faults.When(p => p.Nth(0)), "numbers", "0", "1 to");
        AssertNames(() => fabric.Faults.When(p => p.Psn(1 << 24)), "from", "16777216", "16777215");
        AssertNames(() => fabric.Faults.When(p => p).Duplicate(0), "copies", "0", "1 to 1000");
        Assert.Equal(2, fabric.Hosts.Count);
    }

    private static RdmaTestFabric NewFabric() => new(new RdmaTestFabricOptions { Seed = 1 });

    private static void AssertNames(Action wrong, params string[] parts)
    {
        var refused = Assert.ThrowsAny<ArgumentException>(wrong);
        Assert.All(parts, part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
    }
}
