using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Backends.Udp;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class FaultInjectionTests(ITestOutputHelper output)
{
    private static readonly FaultRates Mixture = new() { Loss = 0.1, Duplicate = 0.1, Reorder = 0.1, Delay = 0.1, Corrupt = 0.1 };

    public enum Medium
    {
        Memory,
        UdpIPv4,
        UdpIPv6,
    }

    [Theory]
    [InlineData(Medium.Memory, FaultDirection.Send)]
    [InlineData(Medium.Memory, FaultDirection.Receive)]
    [InlineData(Medium.UdpIPv4, FaultDirection.Send)]
    [InlineData(Medium.UdpIPv4, FaultDirection.Receive)]
    [InlineData(Medium.UdpIPv6, FaultDirection.Send)]
    public void EveryPacketMeetsExactlyOneFateAndNothingLeaks(Medium medium, FaultDirection direction)
    {
        const int packets = 3000;
        var seed = TestSeed.Next(output);
        var plan = new FaultPlan { Seed = (ulong)seed };
        plan = direction == FaultDirection.Send ? plan with { Send = Mixture } : plan with { Receive = Mixture };
        using var pair = Open(medium, direction, plan);
        var injector = Injector(pair, direction);
        var traffic = new TestTraffic(seed);
        var random = new Random(seed);
        while (traffic.Sent < packets)
        {
            var count = (int)Math.Min(random.Next(1, 31), packets - traffic.Sent);
            TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, count, random.Next(1500)));
            traffic.Pull(pair.Receiver);
        }

        injector.AdvanceTo(long.MaxValue - 1);
        long Met(FaultKind kind) => injector.Injected(direction, kind);
        var expected = (int)(packets - Met(FaultKind.Loss) + Met(FaultKind.Duplicate));
        traffic.Collect(pair.Receiver, expected - traffic.Arrived.Count - traffic.Refused);

        Assert.Equal(packets, Enum.GetValues<FaultKind>().Sum(Met));
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.NotEqual(0, Met(kind)));
        Assert.Equal(Met(FaultKind.Corrupt), traffic.Refused);
        Assert.Equal(packets - Met(FaultKind.Loss) - Met(FaultKind.Corrupt), traffic.Arrived.Distinct().Count());
        Assert.Equal(traffic.Arrived.Distinct().Count() + Met(FaultKind.Duplicate), traffic.Arrived.Count);
        Assert.Equal(Met(FaultKind.Loss), injector.Counters.Dropped(DropReason.InjectedFault));
        Assert.NotEqual(traffic.Arrived.Order(), traffic.Arrived);
        Assert.Equal((0, 0, 0), (injector.Held, pair.Sender.Pool.Outstanding, pair.Receiver.Pool.Outstanding));
    }

    [Fact]
    public void ABurstThatFillsItsSlabMayBeDuplicated()
    {
        var plan = new FaultPlan { Seed = 1, Script = (_, _, _) => FaultKind.Duplicate };
        using var pair = Open(Medium.Memory, FaultDirection.Send, plan);
        var traffic = new TestTraffic(seed: 6);
        TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 32, 4096));
        traffic.Collect(pair.Receiver, 64);
        Assert.Equal(Enumerable.Range(0, 64).Select(n => (uint)n / 2), traffic.Arrived);
    }

    [Theory]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.UdpIPv4)]
    public void SurvivorsOfAMutilatedRunKeepIcrcsProvenByAllBits(Medium medium)
    {
        // R-BE-30: the ICRC covers a packet's place in its segmented run, so losing the second must not spoil the third.
        var plan = new FaultPlan { Seed = 1, Script = (_, ordinal, _) => ordinal is 1 or 4 ? FaultKind.Loss : FaultKind.None };
        using var pair = Open(medium, FaultDirection.Send, plan);
        var traffic = new TestTraffic(seed: 5);
        TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 8, 1024));
        traffic.Collect(pair.Receiver, 6);
        Assert.Equal([0u, 2, 3, 5, 6, 7], traffic.Arrived);
        Assert.Equal((6, 0), (pair.Receiver.Counters.Icrc.Valid32, pair.Receiver.Counters.Icrc.Valid16));
    }

    [Theory]
    [InlineData(FaultDirection.Send)]
    [InlineData(FaultDirection.Receive)]
    public void ADelayedPacketComesWhenItsTimeHasCome(FaultDirection direction)
    {
        var plan = new FaultPlan
        {
            Seed = 1,
            MinDelayNanoseconds = 1000,
            MaxDelayNanoseconds = 1000,
            Script = (_, ordinal, _) => ordinal == 0 ? FaultKind.Delay : FaultKind.None,
        };
        using var pair = Open(Medium.Memory, direction, plan);
        var injector = Injector(pair, direction);
        injector.AdvanceTo(500);
        var traffic = new TestTraffic(seed: 5);
        TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 3, 10));
        traffic.Collect(pair.Receiver, 2);
        Assert.Equal((1500, 1), (injector.NextDeadlineNanoseconds, injector.Held));
        injector.AdvanceTo(1499);
        Assert.Equal(0, traffic.Pull(pair.Receiver));
        injector.AdvanceTo(1500);
        Assert.Equal(1, traffic.Pull(pair.Receiver));
        Assert.Equal([1u, 2, 0], traffic.Arrived);
        Assert.Equal((long.MaxValue, 0), (injector.NextDeadlineNanoseconds, injector.Held));
    }

    [Fact]
    public void AReorderedPacketIsOvertakenAndNeverStuck()
    {
        var plan = new FaultPlan
        {
            Seed = 1,
            ReorderDistance = 1,
            ReorderHoldNanoseconds = 70,
            Script = (_, ordinal, _) => ordinal is 1 or 4 ? FaultKind.Reorder : FaultKind.None,
        };
        using var pair = Open(Medium.Memory, FaultDirection.Send, plan);
        var traffic = new TestTraffic(seed: 5);
        TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 5, 10));
        traffic.Collect(pair.Receiver, 4);
        Assert.Equal([0u, 2, 1, 3], traffic.Arrived);
        Injector(pair, FaultDirection.Send).AdvanceTo(70);
        Assert.Equal(1, traffic.Pull(pair.Receiver));
        Assert.Equal(4u, traffic.Arrived[^1]);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1500)]
    [InlineData(4140)]
    public void AFlippedBitIsNeverOneThatTheWeakestReceiverOverlooks(int length)
    {
        // R-BE-31: an IPv4 socket takes one flip in 32 768 for another Identification; it would reach the user as good data.
        var lane = new FaultLane(FaultDirection.Send, new FaultPlan { Seed = 1 });
        var codec = new RoCEv2UdpCodec();
        var burst = new PacketPool().Rent();
        burst.Path = new FlowPath(GidAddress.FromIpv4(0x7F000001), GidAddress.FromIpv4(0x7F000002), 0, 64, 0, 0xC000);
        ref var packet = ref burst.Append();
        packet.HeaderLength = 12;
        packet.SegmentCount = length > 16 ? 1 : 0;
        packet.PayloadLength = length - 16;
        burst.FreeSegments(1)[0] = new PayloadSegment(burst.Slab + 65536, length - 16);
        codec.Encode(burst);
        var transport = burst.Bytes(packet.TransportOffset, packet.TransportLength);
        var intact = transport.ToArray();
        for (var i = 0; i < 100_000; i++)
        {
            lane.Corrupt(transport);
            codec.Decode(burst);
            Assert.True(packet.Icrc == IcrcStatus.Invalid, $"flip {i} at {transport.CommonPrefixLength(intact)}: {packet.Icrc}");
            intact.CopyTo(transport);
        }
    }

    [Fact]
    public void TheSameSeedGivesTheSameFaults()
    {
        Assert.Equal(FatesOf(seed: 42), FatesOf(seed: 42));
        Assert.NotEqual(FatesOf(seed: 42), FatesOf(seed: 43));
    }

    [Fact]
    public void TheObserverSeesKindOpcodeAndNumber()
    {
        var seen = new List<(FaultKind, long, byte)>();
        var plan = new FaultPlan
        {
            Seed = 1,
            Script = (_, ordinal, transport) => transport[11] == 2 ? FaultKind.Corrupt : ordinal == 3 ? FaultKind.Loss : null,
            Observer = (kind, _, ordinal, transport) => seen.Add((kind, ordinal, transport[0])),
        };
        using var pair = Open(Medium.Memory, FaultDirection.Receive, plan);
        var traffic = new TestTraffic(seed: 5);
        TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 5, 10));
        traffic.Collect(pair.Receiver, 4);
        Assert.Equal([(FaultKind.Corrupt, 2, (byte)0x04), (FaultKind.Loss, 3, (byte)0x04)], seen);
    }

    [Fact]
    public void AParkedDriverReturnsWhenADelayedPacketIsDue()
    {
        long now = 0;
        var plan = new FaultPlan
        {
            Seed = 1,
            MinDelayNanoseconds = 1000,
            MaxDelayNanoseconds = 1000,
            Clock = () => now,
            Script = (_, _, _) => FaultKind.Delay,
        };
        using var pair = Open(Medium.Memory, FaultDirection.Receive, plan);
        var traffic = new TestTraffic(seed: 5);
        TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 1, 10));
        Assert.Equal(0, traffic.Pull(pair.Receiver));
        Assert.False(pair.Receiver.WaitForTraffic(-1, orSendReady: false));
        now = 1000;
        Assert.True(pair.Receiver.WaitForTraffic(-1, orSendReady: false));
        Assert.Equal(1, traffic.Pull(pair.Receiver));
    }

    [Fact]
    public void AClosedInjectorKeepsNothing()
    {
        var plan = new FaultPlan { Seed = 1, Send = new FaultRates { Delay = 1 }, Receive = new FaultRates { Delay = 1 } };
        using var pair = Open(Medium.Memory, FaultDirection.Send, plan);
        var traffic = new TestTraffic(seed: 5);
        TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 9, 10));
        Assert.Equal(9, pair.Sender.Pool.Outstanding);
        pair.Sender.Dispose();
        Assert.Equal(0, pair.Sender.Pool.Outstanding);
    }

    [Fact]
    public void PlansThatCannotBeAreRefusedByName()
    {
        using var backend = new LoopbackFabric().Open(new LoopbackOptions { Icrc = false });
        Refuse(new FaultPlan { Seed = 1, Send = new FaultRates { Loss = 1.5 } }, "Send.Loss");
        Refuse(new FaultPlan { Seed = 1, Receive = new FaultRates { Delay = double.NaN } }, "Receive.Delay");
        Refuse(new FaultPlan { Seed = 1, Send = new FaultRates { Loss = 0.6, Delay = 0.6 } }, "Send");
        Refuse(new FaultPlan { Seed = 1, ReorderDistance = 0 }, "ReorderDistance");
        Refuse(new FaultPlan { Seed = 1, Send = new FaultRates { Corrupt = 0.1 } }, "icrc=on");

        void Refuse(FaultPlan plan, string part) => Assert.Contains(
            part, Assert.ThrowsAny<ArgumentException>(() => new FaultInjectingBackend(backend, plan)).Message, StringComparison.Ordinal);
    }

    private static string FatesOf(ulong seed)
    {
        var fates = new List<string>();
        var plan = new FaultPlan { Seed = seed, Send = Mixture, Observer = (kind, _, ordinal, _) => fates.Add($"{ordinal}:{kind}") };
        using var pair = Open(Medium.Memory, FaultDirection.Send, plan);
        var traffic = new TestTraffic(seed: 5);
        for (var i = 0; i < 10; i++)
            TestTraffic.SendAll(pair.Sender, traffic.BuildEqual(pair.Sender, pair.Destination, 10, 10));
        return string.Join(' ', fates);
    }

    private static FaultInjectingBackend Injector(BackendPair pair, FaultDirection direction) =>
        (FaultInjectingBackend)(direction == FaultDirection.Send ? pair.Sender : pair.Receiver);

    private static BackendPair Open(Medium medium, FaultDirection direction, FaultPlan plan)
    {
        var plain = medium switch
        {
            Medium.Memory => OpenMemory(),
            Medium.UdpIPv4 => LocalAddresses.OpenPair(new UdpOptions { Address = IPAddress.Loopback }),
            _ => UdpIPv6Conformance.Open(offloads: true),
        };
        return direction == FaultDirection.Send
            ? new BackendPair(new FaultInjectingBackend(plain.Sender, plan), plain.Receiver)
            : new BackendPair(plain.Sender, new FaultInjectingBackend(plain.Receiver, plan));
    }

    private static BackendPair OpenMemory()
    {
        var fabric = new LoopbackFabric();
        return new BackendPair(fabric.Open(), fabric.Open());
    }
}
