using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class LoopbackBackendTests
{
    private readonly LoopbackFabric _fabric = new("lab");
    private readonly TestTraffic _traffic = new(seed: 7);

    [Fact]
    public void AFullRingDropsAndCountsAndLosesNothingElse()
    {
        using var sender = _fabric.Open();
        using var receiver = _fabric.Open(new LoopbackOptions { ReceiveRing = 4 });
        for (var i = 0; i < 7; i++)
            Send(sender, receiver, packets: 3);
        Assert.Equal((9, 0), (receiver.Counters.Dropped(DropReason.QueueFull), receiver.Counters.DroppedByKernel));
        _traffic.Collect(receiver, 12);
        Assert.Equal(Enumerable.Range(0, 12).Select(n => (uint)n), _traffic.Arrived);
        Send(sender, receiver, packets: 2);
        _traffic.Collect(receiver, 2);
        Assert.Equal(0, sender.Pool.Outstanding);
    }

    [Fact]
    public void APulledCableLosesAndCountsInBothDirections()
    {
        using var sender = _fabric.Open();
        using var receiver = _fabric.Open();
        receiver.SetLink(up: false);
        Assert.Equal(LinkState.Down, receiver.QueryLink().State);
        Send(sender, receiver, packets: 2);
        receiver.SetLink(up: true);
        sender.SetLink(up: false);
        Send(sender, receiver, packets: 3);
        sender.SetLink(up: true);
        Assert.Equal((2, 3), (receiver.Counters.Dropped(DropReason.NoRoute), sender.Counters.Dropped(DropReason.NoRoute)));
        Send(sender, receiver, packets: 4);
        _traffic.Collect(receiver, 4);
        Assert.Equal([5u, 6, 7, 8], _traffic.Arrived);
        Assert.Equal(0, sender.Pool.Outstanding);
    }

    [Fact]
    public void AnUnknownAddressIsNoRoute()
    {
        using var sender = _fabric.Open();
        TestTraffic.SendAll(sender, _traffic.Build(sender, GidAddress.FromIp(IPAddress.Parse("10.9.9.9")), 1, 2, 3));
        Assert.Equal(3, sender.Counters.Dropped(DropReason.NoRoute));
        Assert.Equal(0, sender.Pool.Outstanding);
    }

    [Fact]
    public void FramesLargerThanThePortsMtuAreDroppedOneByOne()
    {
        using var sender = _fabric.Open();
        using var receiver = _fabric.Open(new LoopbackOptions { Mtu = 256 });
        TestTraffic.SendAll(sender, _traffic.Build(sender, receiver.Description.Gids[^1], 256, 1024, 100, 4096));
        _traffic.Collect(receiver, 2);
        Assert.Equal([0u, 2], _traffic.Arrived);
        Assert.Equal(2, receiver.Counters.Dropped(DropReason.MtuExceeded));
        TestTraffic.SendAll(sender, _traffic.Build(sender, receiver.Description.Gids[^1], 4096));
        Assert.Equal(0, _traffic.Pull(receiver));
        Assert.Equal(0, sender.Pool.Outstanding);
    }

    [Fact]
    public void ABurstThatATapStillHoldsIsNotWrittenToByTheReceiver()
    {
        using var sender = _fabric.Open();
        using var receiver = _fabric.Open();
        var burst = _traffic.Build(sender, receiver.Description.Gids[^1], 100, 200);
        burst.Retain();
        TestTraffic.SendAll(sender, burst);
        var pulled = new PacketBurst?[2];
        Assert.Equal(1, receiver.Receive(pulled));
        Assert.NotSame(burst, pulled[0]);
        pulled[0]!.Bytes(0, 300).Clear();
        pulled[0]!.Release();
        Assert.Equal((BurstStage.Encoded, 2), (burst.State, burst.Count));
        Assert.True(burst.Bytes(burst.Packets[1].FrameOffset, 200).ContainsAnyExcept((byte)0));
        burst.Release();
        Assert.Equal(0, sender.Pool.Outstanding);
    }

    [Fact]
    public void ABurstNobodyElseHoldsIsHandedOverItself()
    {
        using var sender = _fabric.Open();
        using var receiver = _fabric.Open();
        var burst = _traffic.Build(sender, receiver.Description.Gids[^1], 100);
        TestTraffic.SendAll(sender, burst);
        var pulled = new PacketBurst?[1];
        receiver.Receive(pulled);
        Assert.Same(burst, pulled[0]);
        burst.Release();
    }

    [Fact]
    public void ClosingAPortReleasesWhatItsRingHolds()
    {
        using var sender = _fabric.Open();
        var receiver = _fabric.Open();
        Send(sender, receiver, packets: 5);
        Assert.Equal(1, sender.Pool.Outstanding);
        receiver.Dispose();
        Assert.Equal(0, sender.Pool.Outstanding);
        Assert.Equal(LinkState.Down, receiver.QueryLink().State);
        Send(sender, receiver, packets: 1);
        Assert.Equal(1, sender.Counters.Dropped(DropReason.NoRoute));
    }

    [Fact]
    public void AddressesAreGivenOutOnceAndNamesMayComeBack()
    {
        UInt128 first;
        using (var port = _fabric.Open())
        {
            first = port.Description.Gids[^1];
            Assert.Equal("lab/dev0", port.Description.Name);
        }

        using var next = _fabric.Open(new LoopbackOptions { Device = "dev0" });
        Assert.NotEqual(first, next.Description.Gids[^1]);
    }

    [Fact]
    public void ANameOrAnAddressInUseIsRefusedByName()
    {
        using var port = _fabric.Open(new LoopbackOptions { Device = "a", Addresses = [IPAddress.Parse("10.1.0.1")] });
        var name = Assert.Throws<BackendOpenException>(() => _fabric.Open(new LoopbackOptions { Device = "a" }));
        Assert.Contains("mem://lab/a", name.Message, StringComparison.Ordinal);
        var address = Assert.Throws<BackendOpenException>(
            () => _fabric.Open(new LoopbackOptions { Device = "b", Addresses = [IPAddress.Parse("10.1.0.1")] }));
        Assert.Contains("10.1.0.1", address.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APortAnswersToAllItsAddresses()
    {
        using var sender = _fabric.Open();
        using var receiver = _fabric.Open(new LoopbackOptions { Addresses = [IPAddress.Parse("10.1.0.9"), IPAddress.Parse("fe80::9")] });
        Assert.Equal(3, receiver.Description.Gids.Count);
        TestTraffic.SendAll(sender, _traffic.Build(sender, receiver.Description.Gids[1], 10));
        foreach (var index in new[] { 2, 0 })
        {
            var ipv6 = _traffic.Build(sender, receiver.Description.Gids[index], 20);
            ipv6.Path = ipv6.Path with { Source = sender.Description.Gids[0] };
            TestTraffic.SendAll(sender, ipv6);
        }

        _traffic.Collect(receiver, 3);
        Assert.Equal([0u, 1, 2], _traffic.Arrived);
    }

    [Theory]
    [InlineData(1000, 512)]
    [InlineData(4096, 1)]
    public void OptionsOutOfRangeAreNamed(int mtu, int ring)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => _fabric.Open(new LoopbackOptions { Mtu = mtu, ReceiveRing = ring }));
        Assert.Contains(mtu == 4096 ? "1" : "1000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManySendersFillOneRingWithoutLosingCount()
    {
        const int senders = 4, bursts = 2000;
        using var receiver = _fabric.Open(new LoopbackOptions { ReceiveRing = 64 });
        var destination = receiver.Description.Gids[^1];
        var ports = Enumerable.Range(0, senders).Select(_ => _fabric.Open()).ToArray();
        var sending = ports.Select(port => Task.Factory.StartNew(
            () =>
            {
                var traffic = new TestTraffic(seed: 3);
                for (var i = 0; i < bursts; i++)
                    TestTraffic.SendAll(port, traffic.BuildEqual(port, destination, 2, 16));
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var all = Task.WhenAll(sending);
        var pulled = new PacketBurst?[16];
        long arrived = 0;
        bool more;
        do
        {
            more = !all.IsCompleted;
            int count;
            while ((count = receiver.Receive(pulled)) > 0)
            {
                foreach (var burst in pulled.AsSpan(0, count))
                {
                    arrived += burst!.Count;
                    burst.Release();
                }
            }
        }
        while (more);

        await all;
        Assert.Equal(senders * bursts * 2, arrived + receiver.Counters.Dropped(DropReason.QueueFull));
        Assert.All(ports, p => Assert.Equal(0, p.Pool.Outstanding));
    }

    private void Send(LoopbackBackend sender, LoopbackBackend receiver, int packets) =>
        TestTraffic.SendAll(sender, _traffic.BuildEqual(sender, receiver.Description.Gids[^1], packets, 64));
}
