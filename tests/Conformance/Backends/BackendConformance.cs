using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>What every back-end keeps: a new one is finished when this is green.</summary>
public abstract partial class BackendConformance : IDisposable
{
    private readonly BackendPair _pair;
    private readonly TestTraffic _traffic;
    private readonly int _seed;

    protected BackendConformance(ITestOutputHelper output, BackendPair pair, bool isLocal = false)
    {
        _pair = pair;
        _seed = TestSeed.Next(output);
        _traffic = new TestTraffic(_seed) { Lids = (Sender.QueryLink().Lid, Receiver.QueryLink().Lid), IsLocal = isLocal };
    }

    private IPacketBackend Sender => _pair.Sender;

    private IPacketBackend Receiver => _pair.Receiver;

    /// <summary>No test may leave a burst behind.</summary>
    public void Dispose()
    {
        _pair.Dispose();
        Assert.Equal(0, Sender.Pool.Outstanding);
        Assert.Equal(0, Receiver.Pool.Outstanding);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void EveryBurstSizeArrivesInOrder()
    {
        for (var count = 1; count <= PacketBurst.MaxPackets; count++)
        {
            Send(_traffic.BuildEqual(Sender, _pair.Destination, count, 500));
            _traffic.Collect(Receiver, count);
        }

        ExpectAllInOrder();
    }

    [Theory]
    [InlineData(256)]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(2048)]
    [InlineData(4096)]
    public void FullPacketsOfEveryMtuArriveInOrder(int mtu)
    {
        // A whole slab of them: several segmented sends at the larger sizes.
        var count = Math.Min(PacketBurst.MaxPackets, PacketPool.SlabBytes / (Sender.Codec.FrameOverhead + 40 + mtu + 4));
        Assert.InRange(count, 30, PacketBurst.MaxPackets);
        for (var round = 0; round < 4; round++)
        {
            Send(_traffic.BuildEqual(Sender, _pair.Destination, count, mtu));
            _traffic.Collect(Receiver, count);
        }

        ExpectAllInOrder();
    }

    [Fact]
    public void MixedSizesArriveInOrderAndUnchanged()
    {
        var random = new Random(_seed);
        var sizes = new int[15];
        for (var round = 0; round < 50; round++)
        {
            foreach (ref var size in sizes.AsSpan())
                size = random.Next(4) switch { 0 => 0, 1 => random.Next(1, 65), 2 => 1024, _ => random.Next(4097) };
            Send(_traffic.Build(Sender, _pair.Destination, sizes));
            _traffic.Collect(Receiver, sizes.Length);
        }

        ExpectAllInOrder();
    }

    [Fact]
    public void BurstsSentBackToBackArriveInOrder()
    {
        for (var i = 0; i < 16; i++)
            Send(_traffic.BuildEqual(Sender, _pair.Destination, 1 + (i % 3), 200 + i));
        _traffic.Collect(Receiver, (int)_traffic.Sent);
        ExpectAllInOrder();
    }

    [Fact]
    public void EveryIcrcIsProvenByAllItsBits()
    {
        Send(_traffic.BuildEqual(Sender, _pair.Destination, 40, 1000));
        _traffic.Collect(Receiver, 40);
        var icrc = Receiver.Counters.Icrc;
        var offloaded = Receiver.Description.Capabilities.HasFlag(BackendCapabilities.IcrcReceiveOffload);
        Assert.Equal((offloaded ? 0 : 40, offloaded ? 40 : 0, 0, 0), (icrc.Valid32, icrc.Offloaded, icrc.Valid16, icrc.Invalid));
    }

    [SkippableFact]
    public void AFlippedBitIsRefusedAndItsNeighboursArrive()
    {
        // R-WIRE-23
        Skip.If(Receiver.Description.Capabilities.HasFlag(BackendCapabilities.IcrcReceiveOffload), "the medium vouches for the bytes");
        var burst = _traffic.BuildEqual(Sender, _pair.Destination, 5, 300);
        Sender.Codec.Encode(burst);
        burst.Bytes(burst.Packets[2].TransportOffset, 100)[77] ^= 0x10;

        // On the way through a switch: the link behind it finds a VCRC of its own in order.
        if (Sender.Description.LinkType == LinkType.InfiniBand)
            Vcrc.Write(burst.Bytes(burst.Packets[2].FrameOffset, burst.Packets[2].FrameLength));
        TestTraffic.SendEncoded(Sender, burst);
        _traffic.Collect(Receiver, 5);
        Assert.Equal([0u, 1, 3, 4], _traffic.Arrived);
        Assert.Equal(1, _traffic.Refused);
        Assert.Equal(1, Receiver.Counters.Icrc.Invalid);
    }

    [Fact]
    public void CountersSayWhatHappened()
    {
        Send(_traffic.BuildEqual(Sender, _pair.Destination, 30, 1024));
        _traffic.Collect(Receiver, 30);
        var frame = _pair.Sender.Codec.FrameOverhead == 0 ? 12 + 1024 + 4 : Receiver.Counters.Received.Bytes / 30;
        Assert.Equal((30, 1), (Sender.Counters.Sent.Packets, Sender.Counters.Sent.Bursts));
        Assert.Equal(30, Receiver.Counters.Received.Packets);
        Assert.Equal(30 * frame, Sender.Counters.Sent.Bytes);
        Assert.Equal(30 * frame, Receiver.Counters.Received.Bytes);
        Assert.Equal((0, 0), (Sender.Counters.TotalDropped, Receiver.Counters.TotalDropped));
    }

    [Fact]
    public void TheSteadyStateAllocatesNothing()
    {
        // The runtime may compile on this thread while it runs, and that allocates now and then. What a burst costs, it costs always:
        // then no round is free of it.
        const int rounds = 12, bursts = 50, packets = 30;
        _traffic.Reserve(rounds * bursts * packets);
        var costs = new List<long>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < bursts; i++)
            {
                Send(_traffic.BuildEqual(Sender, _pair.Destination, packets, 1024));
                _traffic.Collect(Receiver, packets);
            }

            costs.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Contains(0, costs);
        ExpectAllInOrder();
    }

    [SkippableFact]
    public async Task TwoThreadsMoveEverythingInOrder()
    {
        Skip.If(ReferenceEquals(Sender, Receiver), "one back-end has one driver");
        const int bursts = 500, size = 20, window = 4 * size;
        var arrived = 0;
        var sending = Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < bursts; i++)
                {
                    while ((i * size) - Volatile.Read(ref arrived) > window)
                        Thread.Yield();
                    Send(_traffic.BuildEqual(Sender, _pair.Destination, size, 1024));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var numbers = new List<uint>(bursts * size);
        var pulled = new PacketBurst?[8];
        while (numbers.Count < bursts * size && !sending.IsFaulted)
        {
            if (!Receiver.WaitForTraffic(100_000_000, orSendReady: false))
                continue;
            var count = Receiver.Receive(pulled);
            foreach (var burst in pulled.AsSpan(0, count))
                Drain(burst!, numbers);
            Volatile.Write(ref arrived, numbers.Count);
        }

        await sending;
        Assert.Equal(Enumerable.Range(0, bursts * size).Select(n => (uint)n), numbers);
    }

    [Fact]
    public async Task AParkedDriverIsWokenByTraffic()
    {
        var parked = Park();
        Send(_traffic.BuildEqual(Sender, _pair.Destination, 1, 10));
        Assert.True(await parked);
        _traffic.Collect(Receiver, 1);
    }

    [Fact]
    public async Task AParkedDriverIsWokenByAnyThread()
    {
        var parked = Park();
        Receiver.Wake();
        Assert.True(await parked);
        Assert.False(Receiver.WaitForTraffic(0, orSendReady: false));
    }

    [Fact]
    public void AWakeWithNobodyParkedEndsTheNextWaitAndNoOther()
    {
        Receiver.Wake();
        Receiver.Wake();
        Assert.True(Receiver.WaitForTraffic(-1, orSendReady: false));
        Assert.False(Receiver.WaitForTraffic(1_000_000, orSendReady: false));
    }

    [Fact]
    public void AnIdleSenderIsReadyAtOnce() => Assert.True(Sender.WaitForTraffic(-1, orSendReady: true));

    [Fact]
    public void AnUnknownDestinationIsCountedNeverThrown()
    {
        var nowhere = _pair.Destination ^ 0x0100;
        var burst = _traffic.BuildEqual(Sender, nowhere, 3, 100);
        burst.Path = burst.Path with { DestinationLid = (ushort)(burst.Path.DestinationLid ^ 0x0100) };
        Sender.Codec.Encode(burst);
        Assert.Equal(3, Sender.Send(burst));
        Assert.Equal(0, _traffic.Pull(Receiver));
    }

    [Fact]
    public void TheDescriptionHoldsTogether()
    {
        foreach (var backend in new[] { Sender, Receiver })
        {
            var description = backend.Description;
            Assert.NotEqual(0ul, description.PortGuid);
            Assert.NotEmpty(description.Gids);
            Assert.True(PathMtu.IsValid(description.ActiveMtu) && description.ActiveMtu <= description.MaxMtu);
            Assert.Equal((LinkState.Active, description.ActiveMtu), (backend.QueryLink().State, backend.QueryLink().ActiveMtu));
        }
    }

    [Fact]
    public void DisposingTwiceIsHarmless()
    {
        Send(_traffic.BuildEqual(Sender, _pair.Destination, 3, 100));
        Receiver.Dispose();
        Receiver.Dispose();
        Receiver.Wake();
    }

    private Task<bool> Park() => Task.Factory.StartNew(
        () => Receiver.WaitForTraffic(-1, orSendReady: false),
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Send(PacketBurst burst) => TestTraffic.SendAll(Sender, burst);

    private void Drain(PacketBurst burst, List<uint> numbers)
    {
        Receiver.Codec.Decode(burst);
        for (var i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            Assert.Equal(DropReason.None, packet.Drop);
            numbers.Add(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(burst.Bytes(packet.TransportOffset, 12)[8..]));
        }

        burst.Release();
    }

    private void ExpectAllInOrder()
    {
        Assert.Equal(0, _traffic.Refused);
        Assert.Equal(Enumerable.Range(0, (int)_traffic.Sent).Select(n => (uint)n), _traffic.Arrived);
    }
}
