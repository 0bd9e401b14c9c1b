using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Udp;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class PacketBackendsTests
{
    [Fact]
    public void DevicesOfOneNamedFabricReachEachOther()
    {
        var name = $"fabric-{Guid.NewGuid():N}";
        using var a = PacketBackends.Open($"mem://{name}/a");
        using var b = PacketBackends.Open($"mem://{name.ToUpperInvariant()}/b?icrc=on&mtu=1024&address=10.7.0.1,fd00::7&ring=16");
        Assert.Equal((1024, 3), (b.Description.ActiveMtu, b.Description.Gids.Count));
        Assert.Same(((LoopbackBackend)a).Fabric, ((LoopbackBackend)b).Fabric);
        var traffic = new TestTraffic(seed: 1);
        TestTraffic.SendAll(a, traffic.Build(a, GidAddress.FromIp(IPAddress.Parse("10.7.0.1")), 100));
        traffic.Collect(b, 1);
        Assert.Equal([0u], traffic.Arrived);
    }

    [Fact]
    public void IcrcOffAnnouncesOffload()
    {
        using var backend = PacketBackends.Open($"mem://fabric-{Guid.NewGuid():N}?icrc=off");
        Assert.True(backend.Description.Capabilities.HasFlag(
            BackendCapabilities.IcrcTransmitOffload | BackendCapabilities.IcrcReceiveOffload));
    }

    [Theory]
    [InlineData("127.0.0.250", "127.0.0.250")]
    [InlineData("[::1]", "::1")]
    public void AUdpAddressOpensItsSockets(string host, string address) => LocalAddresses.WithFreePort(port =>
    {
        using var backend = (UdpBackend)PacketBackends.Open($"udp://{host}:{port}?mtu=2048&offload=off&buffer=100000");
        Assert.Equal(
            (IPAddress.Parse(address), port, 2048, false, 100000),
            (backend.Options.Address, backend.Options.Port, backend.Options.Mtu, backend.Options.Offloads, backend.Options.SocketBuffer));
        return true;
    });

    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("tcp://127.0.0.1", "tcp")]
    [InlineData("udp://localhost", "localhost")]
    [InlineData("udp://127.0.0.1/path", "path")]
    [InlineData("udp://127.0.0.1?speed=9", "speed")]
    [InlineData("udp://127.0.0.1?mtu=big", "big")]
    [InlineData("udp://127.0.0.1?offload=maybe", "maybe")]
    [InlineData("udp://0.0.0.0", "0.0.0.0")]
    [InlineData("mem://x/y?mtu=1000", "1000")]
    [InlineData("mem://x/y?mtu=1024&mtu=2048", "twice")]
    [InlineData("mem://x/y?address=here", "here")]
    [InlineData("mem://x/y?mtu", "mtu")]
    public void AWrongAddressIsRefusedByItsWrongPart(string uri, string part)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => PacketBackends.Open(uri));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}
