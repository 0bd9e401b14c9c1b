using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Backends.Udp;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>Multicast over a wire between two hosts, IPv4 and IPv6, in network namespaces (R-BE-36).</summary>
public sealed class MulticastNamespaceTests
{
    private readonly TestTraffic _traffic = new(seed: 5);

    public static TheoryData<string, string, string> Families => new()
    {
        { "10.77.0.1", "10.77.0.2", "239.7.7.7" },
        { "fd77::1", "fd77::2", "ff1e::77" },
        { "fd77::1", "fd77::2", "ff12::77" },
    };

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void MembersOnBothSidesGetEveryPacketOnce(string left, string right, string groupText)
    {
        using var hosts = NamespacePair.Open();
        using var sender = Open(hosts, 0, left);
        using var receiver = Open(hosts, 1, right);
        var group = GidAddress.FromIp(IPAddress.Parse(groupText));
        TestTraffic.SendAll(sender, _traffic.BuildEqual(sender, group, 3, 100));
        Join(hosts, 1, receiver, group);
        TestTraffic.SendAll(sender, _traffic.BuildEqual(sender, group, 20, 1000));
        _traffic.Collect(receiver, 20);
        Assert.Equal((0, 0), (_traffic.Pull(receiver), _traffic.Pull(sender)));
        Join(hosts, 0, sender, group);
        TestTraffic.SendAll(sender, _traffic.BuildEqual(sender, group, 5, 64));
        _traffic.Collect(receiver, 5);
        _traffic.Collect(sender, 5);
        Assert.Equal((0, 0, 0), (_traffic.Pull(receiver), _traffic.Pull(sender), _traffic.Refused));
        var expected = Enumerable.Range(3, 25).Concat(Enumerable.Range(23, 5)).Select(n => (uint)n);
        Assert.Equal(expected, _traffic.Arrived);
    }

    /// <summary>Left to itself the kernel would send with hop limit 1.</summary>
    [SkippableTheory]
    [InlineData("10.77.0.1", "10.77.0.2", "239.7.7.8", 0, 64)]
    [InlineData("fd77::1", "fd77::2", "ff1e::78", 0, 64)]
    [InlineData("fd77::1", "fd77::2", "ff1e::79", 9, 9)]
    public void TheHopLimitIsThePaths(string left, string right, string groupText, byte asked, byte expected)
    {
        using var hosts = NamespacePair.Open();
        using var sender = Open(hosts, 0, left);
        using var receiver = Open(hosts, 1, right);
        var group = GidAddress.FromIp(IPAddress.Parse(groupText));
        Join(hosts, 1, receiver, group);
        var burst = _traffic.BuildEqual(sender, group, 1, 100);
        burst.Path = burst.Path with { HopLimit = asked };
        TestTraffic.SendAll(sender, burst);
        Assert.True(receiver.WaitForTraffic(5_000_000_000, orSendReady: false), "nothing arrived");
        var pulled = new PacketBurst?[1];
        Assert.Equal(1, receiver.Receive(pulled));
        Assert.Equal((group, expected), (pulled[0]!.Path.Destination, pulled[0]!.Path.HopLimit));
        pulled[0]!.Release();
    }

    [SkippableFact]
    public void AGroupOfTheOtherFamilyIsRefusedByName()
    {
        using var backend = LocalAddresses.WithFreePort(
            port => new UdpBackend(new UdpOptions { Address = IPAddress.Loopback, Port = port }));
        var refusal = Assert.Throws<ArgumentException>(() => backend.JoinGroup(GidAddress.FromIp(IPAddress.Parse("ff1e::1"))));
        Assert.Contains("ff1e::1 cannot be joined on 127.0.0.1", refusal.Message, StringComparison.Ordinal);
    }

    private static UdpBackend Open(NamespacePair hosts, int side, string address) =>
        hosts.Run(side, () => new UdpBackend(new UdpOptions { Address = IPAddress.Parse(address) }));

    private static void Join(NamespacePair hosts, int side, UdpBackend backend, UInt128 group) => hosts.Run(side, () =>
    {
        backend.JoinGroup(group);
        return true;
    });
}
