using System.Net;
using System.Net.Sockets;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Backends.Udp;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class UdpBackendTests(ITestOutputHelper output)
{
    private readonly TestTraffic _traffic = new(seed: 11);

    [SkippableTheory]
    [InlineData(60, 1024)]
    [InlineData(15, 4096)]
    [InlineData(64, 64)]
    public void ABurstOfEqualPacketsIsOneSendAndOneRead(int packets, int payload)
    {
        using var pair = Open();
        Skip.IfNot(pair.Sender.Description.Capabilities.HasFlag(BackendCapabilities.Segmentation), "this kernel does not segment UDP");
        Skip.IfNot(pair.Receiver.Description.Capabilities.HasFlag(BackendCapabilities.Coalescing), "this kernel does not coalesce UDP");
        TestTraffic.SendAll(pair.Sender, _traffic.BuildEqual(pair.Sender, pair.Destination, packets, payload));
        Assert.Equal(packets, _traffic.Pull(pair.Receiver));
        var (sent, received) = (pair.Sender.Counters.Sent, pair.Receiver.Counters.Received);
        Assert.Equal((1, 1, packets), (sent.Calls, sent.SegmentedRuns, sent.SegmentedPackets));
        Assert.Equal((1, 1, packets, 1), (received.Calls, received.SegmentedRuns, received.SegmentedPackets, received.Bursts));
        Assert.Equal(packets, pair.Receiver.Counters.Icrc.Valid32);
    }

    [SkippableFact]
    public void SeveralRunsAreOneSend()
    {
        using var pair = Open();
        Skip.IfNot(pair.Sender.Description.Capabilities.HasFlag(BackendCapabilities.Segmentation), "this kernel does not segment UDP");
        TestTraffic.SendAll(pair.Sender, _traffic.Build(pair.Sender, pair.Destination, 1024, 1040, 1040, 1040, 100, 2000, 2000));
        _traffic.Collect(pair.Receiver, 7);
        Assert.Equal(1, pair.Sender.Counters.Sent.Calls);
        Assert.Equal(2, pair.Sender.Counters.Sent.SegmentedRuns);
        Assert.Equal(Enumerable.Range(0, 7).Select(n => (uint)n), _traffic.Arrived);
    }

    [Fact]
    public void WithoutOffloadsABurstIsStillOneSend()
    {
        using var pair = Open(new UdpOptions { Address = IPAddress.Loopback, Offloads = false });
        Assert.Equal(BackendCapabilities.Multicast | BackendCapabilities.Management, pair.Sender.Description.Capabilities);
        TestTraffic.SendAll(pair.Sender, _traffic.BuildEqual(pair.Sender, pair.Destination, 30, 512));
        _traffic.Collect(pair.Receiver, 30);
        Assert.Equal((1, 0), (pair.Sender.Counters.Sent.Calls, pair.Sender.Counters.Sent.SegmentedRuns));
        Assert.Equal(30, pair.Receiver.Counters.Icrc.Valid32);
    }

    [Fact]
    public void AQueueOfRunsIsReadBySystemCallsThatTakeMoreAndMore()
    {
        using var pair = Open();
        for (var i = 0; i < 16; i++)
            TestTraffic.SendAll(pair.Sender, _traffic.BuildEqual(pair.Sender, pair.Destination, 4, 1000));
        _traffic.Collect(pair.Receiver, 64);
        Assert.Equal(Enumerable.Range(0, 64).Select(n => (uint)n), _traffic.Arrived);
        // 1 and 1, 2, 4, 8 and the one that finds the end; half of that again where a pull takes fewer bursts than a call could.
        if (pair.Receiver.Description.Capabilities.HasFlag(BackendCapabilities.Coalescing))
            Assert.InRange(pair.Receiver.Counters.Received.Calls, 5, 9);
        Assert.Equal(0, pair.Receiver.Pool.Outstanding);
    }

    [Fact]
    public void SinglePacketsOfOneFlowAreGatheredIntoBursts()
    {
        using var pair = Open(new UdpOptions { Address = IPAddress.Loopback, Offloads = false });
        TestTraffic.SendAll(pair.Sender, _traffic.BuildEqual(pair.Sender, pair.Destination, 50, 1024));
        _traffic.Collect(pair.Receiver, 50);
        Assert.Equal(2, pair.Receiver.Counters.Received.Bursts);
    }

    [Fact]
    public void FlowsDoNotMixInABurst()
    {
        using var pair = Open();
        using var other = new UdpBackend(new UdpOptions { Address = LocalAddresses.NextIPv4(), Port = PortOf(pair) });
        for (var i = 0; i < 6; i++)
        {
            var sender = i % 2 == 0 ? pair.Sender : other;
            TestTraffic.SendAll(sender, _traffic.BuildEqual(sender, pair.Destination, 1, 100));
        }

        _traffic.Collect(pair.Receiver, 6);
        Assert.Equal((6, 0), (pair.Receiver.Counters.Received.Bursts, _traffic.Refused));
        Assert.Equal([0u, 1, 2, 3, 4, 5], _traffic.Arrived);
        Assert.Equal(0, pair.Receiver.Pool.Outstanding);
    }

    [Fact]
    public void AnyBytesFromAPlainSocketAreCountedDropsAndNeverExceptions()
    {
        var random = new Random(TestSeed.Next(output));
        using var pair = Open();
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var target = new IPEndPoint(((UdpBackend)pair.Receiver).Options.Address, PortOf(pair));
        int[] sizes = [0, 1, 3, 4, 11, 12, 15, 16, 17, 20, 64, 1024, 4140, 4183, 4184, 5000, 20000, 65507];
        foreach (var size in sizes)
        {
            var bytes = new byte[size];
            random.NextBytes(bytes);
            stranger.SendTo(bytes, target);
            _traffic.Pull(pair.Receiver);
        }

        _traffic.Pull(pair.Receiver);
        Assert.Empty(_traffic.Arrived);
        Assert.Equal(sizes.Count(s => s > 4183), pair.Receiver.Counters.Dropped(DropReason.MtuExceeded));
        Assert.Equal(sizes.Count(s => s <= 4183), _traffic.Refused);
        Assert.Equal(0, pair.Receiver.Pool.Outstanding);
    }

    [Fact]
    public void ATruncatedPacketIsRefusedAndAWholeOneBehindItArrives()
    {
        using var pair = Open();
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var target = new IPEndPoint(((UdpBackend)pair.Receiver).Options.Address, PortOf(pair));
        var burst = _traffic.BuildEqual(pair.Sender, pair.Destination, 1, 500);
        pair.Sender.Codec.Encode(burst);
        for (var length = 0; length < burst.Packets[0].FrameLength; length += 13)
            stranger.SendTo(burst.Bytes(0, length), target);
        var truncated = (burst.Packets[0].FrameLength + 12) / 13;
        TestTraffic.SendEncoded(pair.Sender, burst);
        _traffic.Collect(pair.Receiver, truncated + 1);
        Assert.Equal(truncated, _traffic.Refused);
        Assert.Equal([0u], _traffic.Arrived);
    }

    [SkippableFact]
    public void ARunOfMorePacketsThanABurstHoldsIsSplit()
    {
        // A foreign sender may segment into 128 where we stop at 64.
        using var pair = Open();
        Skip.IfNot(pair.Receiver.Description.Capabilities.HasFlag(BackendCapabilities.Coalescing), "this kernel does not coalesce UDP");
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        const int segment = 20, segments = 100;
        stranger.SetRawSocketOption(17, 103, BitConverter.GetBytes(segment));
        var target = new IPEndPoint(((UdpBackend)pair.Receiver).Options.Address, PortOf(pair));
        try
        {
            stranger.SendTo(new byte[segment * segments], target);
        }
        catch (SocketException e)
        {
            Skip.If(true, $"this kernel segments into fewer: {e.Message}");
        }

        _traffic.Collect(pair.Receiver, segments);
        Assert.Equal(segments, _traffic.Refused);
        Assert.Equal(segments, pair.Receiver.Counters.Received.Packets);
        Assert.Equal(0, pair.Receiver.Pool.Outstanding);
    }

    [Fact]
    public void WhatTheKernelDropsIsCounted()
    {
        using var pair = Open(new UdpOptions { Address = IPAddress.Loopback, Offloads = false, SocketBuffer = 4096 });
        for (var i = 0; i < 10; i++)
            TestTraffic.SendAll(pair.Sender, _traffic.BuildEqual(pair.Sender, pair.Destination, 15, 4096));

        // The kernel tells the count with the first packet that was queued after the loss.
        while (_traffic.Pull(pair.Receiver) > 0)
        {
        }

        TestTraffic.SendAll(pair.Sender, _traffic.BuildEqual(pair.Sender, pair.Destination, 1, 64));
        _traffic.Collect(pair.Receiver, 1);
        var dropped = pair.Receiver.Counters.Dropped(DropReason.QueueFull);
        Assert.Equal(dropped, pair.Receiver.Counters.DroppedByKernel);
        Assert.NotEqual(0, dropped);
        Assert.Equal(151, _traffic.Arrived.Count + dropped);
        Assert.Equal(_traffic.Arrived.Order(), _traffic.Arrived);
    }

    [Fact]
    public void ARunTheKernelRefusesIsLostCountedAndTheRestIsSent()
    {
        using var pair = Open();
        var burst = _traffic.Build(pair.Sender, pair.Destination, 100, 200, 300);
        pair.Sender.Codec.Encode(burst);
        burst.RunCount = 3;
        for (var i = 0; i < 3; i++)
            burst.Runs[i] = new GsoRun(i, 1, burst.Packets[i].FrameLength, i == 1 ? 70_000 : burst.Packets[i].FrameLength);
        Assert.Equal(3, pair.Sender.Send(burst));
        _traffic.Collect(pair.Receiver, 2);
        Assert.Equal([0u, 2], _traffic.Arrived);
        Assert.Equal((1, 1), (pair.Sender.Counters.Dropped(DropReason.MtuExceeded), pair.Sender.Counters.Sent.Errors));
        Assert.Equal(0, pair.Sender.Pool.Outstanding);
    }

    [Theory]
    [InlineData(65536, 4096)]
    [InlineData(9000, 4096)]
    [InlineData(4200, 4096)]
    [InlineData(4175, 2048)]
    [InlineData(1500, 1024)]
    [InlineData(576, 256)]
    [InlineData(335, 0)]
    public void TheMtuFollowsTheLinks(int linkMtu, int expected) => Assert.Equal(expected, PathMtu.FromLink(linkMtu)); // R-WIRE-19

    [Fact]
    public void TheLoopbackInterfaceGivesTheLargestMtu()
    {
        using var pair = Open();
        Assert.Equal((4096, "lo"), (pair.Sender.Description.ActiveMtu, pair.Sender.Description.NetworkInterface));
        using var small = Open(new UdpOptions { Address = IPAddress.Loopback, Mtu = 512 });
        Assert.Equal(512, small.Sender.QueryLink().ActiveMtu);
    }

    [Theory]
    [InlineData("0.0.0.0", "wildcard")]
    [InlineData("::", "wildcard")]
    [InlineData("224.0.0.1", "unicast")]
    [InlineData("ff02::1", "unicast")]
    public void AnAddressThatCannotServeIsRefusedAndSaysWhy(string address, string reason)
    {
        var error = Assert.Throws<ArgumentException>(() => new UdpBackend(new UdpOptions { Address = IPAddress.Parse(address) }));
        Assert.Contains(address, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAddressOfAnotherMachineIsRefusedByName()
    {
        var error = Assert.Throws<BackendOpenException>(() => new UdpBackend(new UdpOptions { Address = IPAddress.Parse("198.51.100.1") }));
        Assert.Contains("198.51.100.1 port 4791", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APortInUseIsRefusedWithAddressPortAndAdvice()
    {
        using var pair = Open();
        var error = Assert.Throws<BackendOpenException>(() => new UdpBackend(((UdpBackend)pair.Sender).Options));
        Assert.Equal(98, error.Errno);
        Assert.Contains($"{((UdpBackend)pair.Sender).Options.Address} port {PortOf(pair)}", error.Message, StringComparison.Ordinal);
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
        Assert.Contains("another address", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 4096, 65536)]
    [InlineData(65536, 4096, 65536)]
    [InlineData(4791, 1500, 65536)]
    [InlineData(4791, 4096, 10)]
    public void OptionsOutOfRangeAreRefused(int port, int mtu, int buffer) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new UdpBackend(new UdpOptions { Address = IPAddress.Loopback, Port = port, Mtu = mtu, SocketBuffer = buffer }));

    [Fact]
    public void ClosingAndOpeningAgainWorksAtOnce()
    {
        var pair = Open();
        var options = ((UdpBackend)pair.Receiver).Options;
        pair.Dispose();
        using var again = new UdpBackend(options);
        Assert.Equal(LinkState.Active, again.QueryLink().State);
        ((UdpBackend)pair.Receiver).Wake();
    }

    [Fact]
    public void AnUnreachableDestinationIsNoRoute()
    {
        using var pair = Open();

        // A socket bound to 127.0.0.x may not leave the machine.
        var elsewhere = RdmaPipeline.Backends.Framing.Headers.GidAddress.FromIp(IPAddress.Parse("198.51.100.1"));
        TestTraffic.SendAll(pair.Sender, _traffic.Build(pair.Sender, elsewhere, 10, 20));
        var counters = pair.Sender.Counters;
        Assert.Equal(2, counters.TotalDropped);
        Assert.Equal(0, pair.Sender.Pool.Outstanding);
    }

    private static BackendPair Open(UdpOptions? options = null) =>
        LocalAddresses.OpenPair(options ?? new UdpOptions { Address = IPAddress.Loopback });

    private static int PortOf(BackendPair pair) => ((UdpBackend)pair.Sender).Options.Port;
}
