using System.Net;
using System.Runtime.CompilerServices;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>Native ports on the in-memory fabric: LIDs, states and the switch (R-BE-20, R-BE-50, R-BE-52).</summary>
public sealed class NativeFabricTests
{
    private const int MadHeader = 20;

    private readonly LoopbackFabric _fabric = new("subnet");
    private readonly byte[] _mad = GC.AllocateArray<byte>(256, pinned: true);

    [Fact]
    public void TheFabricAssignsLidsAndBringsPortsUp()
    {
        using var first = Open();
        using var second = Open();
        foreach (var port in new[] { first, second })
        {
            var link = port.QueryLink();
            Assert.Equal((LinkState.Active, 1), (link.State, link.SubnetManagerLid));
            Assert.Equal(LinkType.InfiniBand, port.Description.LinkType);
            Assert.Equal(new UInt128(0xFE80_0000_0000_0000, port.Description.PortGuid), port.Description.Gids[0]);
        }

        Assert.Equal((2, 3), (first.QueryLink().Lid, second.QueryLink().Lid));
    }

    [Fact]
    public void AllPathBitsOfALidLeadToItsPort()
    {
        using var sender = Open();
        using var receiver = Open(lmc: 3);
        var link = receiver.QueryLink();
        Assert.Equal((0, 3), (link.Lid % 8, link.LidMaskControl));
        for (var bits = 0; bits < 8; bits++)
        {
            var traffic = new TestTraffic(seed: bits) { Lids = (sender.QueryLink().Lid, (ushort)(link.Lid + bits)), IsLocal = true };
            TestTraffic.SendAll(sender, traffic.BuildEqual(sender, 0, 3, 100));
            traffic.Collect(receiver, 3);
            Assert.Equal([0u, 1, 2], traffic.Arrived);
        }

        using var next = Open();
        Assert.Equal(link.Lid + 8, next.QueryLink().Lid);
        Assert.Equal(0, sender.Pool.Outstanding);
    }

    [Fact]
    public void AnUnknownLidIsNoRoute()
    {
        using var sender = Open();
        var traffic = new TestTraffic(seed: 1) { Lids = (sender.QueryLink().Lid, 0x1234), IsLocal = true };
        TestTraffic.SendAll(sender, traffic.BuildEqual(sender, 0, 3, 100));
        Assert.Equal(3, sender.Counters.Dropped(DropReason.NoRoute));
        Assert.Equal(0, sender.Pool.Outstanding);
    }

    [Fact]
    public void WithoutASubnetManagerAPortWaitsInInitAndCarriesManagementOnly()
    {
        using var port = Open(managed: false);
        var link = port.QueryLink();
        Assert.Equal((LinkState.Initialize, 0, 0), (link.State, link.Lid, link.SubnetManagerLid));
        using var peer = Open();
        var traffic = new TestTraffic(seed: 1) { Lids = (0, peer.QueryLink().Lid), IsLocal = true };
        TestTraffic.SendAll(port, traffic.BuildEqual(port, 0, 3, 100));
        Assert.Equal(3, port.Counters.Dropped(DropReason.NoRoute));
        Assert.Equal(0, traffic.Pull(peer));
        TestTraffic.SendAll(port, DirectedRoute(port));
        var pulled = new PacketBurst?[1];
        Assert.Equal(1, port.Receive(pulled));
        port.Codec.Decode(pulled[0]!);
        Assert.Equal(DropReason.None, pulled[0]!.Packets[0].Drop);
        Assert.Equal((Lrh.PermissiveLid, Lrh.PermissiveLid), (pulled[0]!.Path.SourceLid, pulled[0]!.Path.DestinationLid));
        pulled[0]!.Release();
        Assert.Equal(0, port.Pool.Outstanding);
    }

    [Fact]
    public void AfterThePullOfACableThePortIsBroughtUpAgainWithItsLid()
    {
        using var sender = Open();
        using var receiver = Open();
        var lid = receiver.QueryLink().Lid;
        receiver.SetLink(up: false);
        Assert.Equal(LinkState.Down, receiver.QueryLink().State);
        receiver.SetLink(up: true);
        Assert.Equal((LinkState.Active, lid), (receiver.QueryLink().State, receiver.QueryLink().Lid));
        var traffic = new TestTraffic(seed: 1) { Lids = (sender.QueryLink().Lid, lid), IsLocal = true };
        TestTraffic.SendAll(sender, traffic.BuildEqual(sender, 0, 3, 100));
        traffic.Collect(receiver, 3);
    }

    /// <summary>Step 4 of wire.md section 8, with addresses that come and go.</summary>
    [Fact]
    public void OnlyGlobalPacketsForOneOfThePortsAddressesAreTaken()
    {
        using var sender = Open();
        using var receiver = Open();
        var address = IPAddress.Parse("fd00::77");
        var traffic = new TestTraffic(seed: 1) { Lids = (sender.QueryLink().Lid, receiver.QueryLink().Lid) };
        foreach (var change in new Action[] { () => { }, () => receiver.AddAddress(address), () => receiver.RemoveAddress(address) })
        {
            change();
            TestTraffic.SendAll(sender, traffic.BuildEqual(sender, GidAddress.FromIp(address), 2, 100));
            traffic.Collect(receiver, 2);
        }

        Assert.Equal([2u, 3], traffic.Arrived);
        Assert.Equal(4, traffic.Refused);
    }

    [Fact]
    public void LidsAreGivenOutOnceAndAClosedPortIsGone()
    {
        ushort old;
        using var sender = Open();
        using (var port = Open())
            old = port.QueryLink().Lid;
        using var next = Open();
        Assert.NotEqual(old, next.QueryLink().Lid);
        var traffic = new TestTraffic(seed: 1) { Lids = (sender.QueryLink().Lid, old), IsLocal = true };
        TestTraffic.SendAll(sender, traffic.BuildEqual(sender, 0, 2, 100));
        Assert.Equal(2, sender.Counters.Dropped(DropReason.NoRoute));
    }

    [Fact]
    public void AFabricCarriesOneKindOfFrames()
    {
        using var port = _fabric.Open(new LoopbackOptions { Device = "ethernet" });
        var refusal = Assert.Throws<BackendOpenException>(() => Open());
        Assert.Contains("RoCEv2", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mem://{0}/a?link=ib&lmc=2", LinkType.InfiniBand, LinkState.Active)]
    [InlineData("mem://{0}/a?link=ib&sm=off", LinkType.InfiniBand, LinkState.Initialize)]
    [InlineData("mem://{0}/a?link=roce", LinkType.RoCEv2, LinkState.Active)]
    public void TheAddressSaysWhichLink(string format, LinkType link, LinkState state)
    {
        using var port = PacketBackends.Open(string.Format(null, format, $"fabric-{Guid.NewGuid():n}"));
        Assert.Equal((link, state), (port.Description.LinkType, port.QueryLink().State));
    }

    [Fact]
    public void AWrongLinkIsNamed()
    {
        var error = Assert.Throws<ArgumentException>(() => PacketBackends.Open("mem://x/a?link=token-ring"));
        Assert.Contains("link=token-ring must be roce or ib", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketBackends.Open("mem://x/a?link=ib&lmc=8"));
    }

    [Fact]
    public void WhenLidsRunOutTheNextPortIsRefused()
    {
        for (var ports = 0; ports < 383; ports++)
            Open(lmc: 7).Dispose();
        Assert.Contains("LIDs", Assert.Throws<BackendOpenException>(() => Open(lmc: 7)).Message, StringComparison.Ordinal);
    }

    private LoopbackBackend Open(int lmc = 0, bool managed = true) => _fabric.Open(new LoopbackOptions
    {
        LinkType = LinkType.InfiniBand, LidMaskControl = lmc, SubnetManagement = managed,
    });

    // A directed-route datagram with hop count 0, which its own port answers.
    private unsafe PacketBurst DirectedRoute(LoopbackBackend port)
    {
        _mad[1] = 0x81;
        var burst = port.Pool.Rent();
        burst.Path = new FlowPath() with { DestinationLid = Lrh.PermissiveLid };
        ref var packet = ref burst.Append();
        packet.HeaderLength = MadHeader;
        packet.PayloadLength = _mad.Length;
        burst.HeaderArea(0)[..MadHeader].Clear();
        burst.HeaderArea(0)[0] = 0x64;
        burst.FreeSegments(1)[0] = new PayloadSegment((nint)Unsafe.AsPointer(ref _mad[0]), _mad.Length);
        burst.SegmentCount = packet.SegmentCount = 1;
        return burst;
    }
}
