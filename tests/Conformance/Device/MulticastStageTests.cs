using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A group's packets reach every member of every shard once (wire.md section 8, steps 7, 13, 14; R-RESP-47).</summary>
public class MulticastStageTests
{
    private const int PacketBytes = 28;

    private static readonly UInt128 Group = GidAddress.FromIpv4(0xEF010203);
    private static readonly UInt128 OtherGroup = ((UInt128)0xFF0E << 112) | 1;

    private readonly StageScene _scene = new();
    private readonly MulticastTable _groups =
        new(new DeviceAttributes
        {
            Name = "probe", MaxMulticastGroups = 10, MaxMulticastQueuePairs = 100, MaxMulticastMemberships = 1000,
        }, static _ => { }, static _ => { });

    [Fact]
    public void EveryMemberGetsEveryPacketOnceAndInOrder()
    {
        _groups.Attach(new Member(0x11), Group, 0);
        _groups.Attach(new Member(0x12), Group, 0);
        _groups.Attach(new Member(0x13), OtherGroup, 0);
        var (graph, source) = BuildDispatch();
        source.Next = MakeBurst(Group, 3);
        _scene.Pump(graph);
        Assert.Equal([0x11u, 0x12, 0x11, 0x12, 0x11, 0x12], _scene.Sinks[0].Numbers);
        Assert.Equal([0u, 0, 1, 1, 2, 2], _scene.Sinks[0].Bytes);
        Assert.Empty(_scene.Sinks[1].Numbers);
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void MoreCopiesThanABurstHoldsGoIntoSeveral()
    {
        for (uint number = 0; number < 56; number++)
            _groups.Attach(new Member(0x100 + number), Group, 0);
        var (graph, source) = BuildDispatch();
        source.Next = MakeBurst(Group, PacketBurst.MaxPackets);
        _scene.Pump(graph);
        Assert.Equal(Enumerable.Repeat(64, 56), _scene.Sinks[0].Bursts);
        foreach (var copies in _scene.Sinks[0].Numbers.Zip(_scene.Sinks[0].Bytes).GroupBy(copy => copy.First))
            Assert.Equal(Enumerable.Range(0, 64).Select(n => (uint)n), copies.Select(copy => copy.Second));
        Assert.Equal(56, _scene.Sinks[0].Numbers.Distinct().Count());
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void WhatOneMemberRefusesTheOthersGet()
    {
        _groups.Attach(new Member(0x11), Group, 0);
        _groups.Attach(new Member(0x12) { Refusal = DropReason.BadQkey }, Group, 0);
        var (graph, source) = BuildDispatch();
        source.Next = MakeBurst(Group, 2);
        _scene.Pump(graph);
        Assert.Equal([0x11u, 0x11], _scene.Sinks[0].Numbers);
        Assert.Equal(2, graph["dispatch"].Meter.Dropped(DropReason.BadQkey));
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void WhatNobodyAttachedToIsOfAnUnknownQueuePair()
    {
        var (graph, source) = BuildDispatch();
        source.Next = MakeBurst(Group, 3);
        _scene.Pump(graph);
        var member = new Member(0x11) { ShardIndex = 1 };
        _groups.Attach(member, Group, 0);
        source.Next = MakeBurst(Group, 2);
        _scene.Pump(graph);
        _groups.Detach(member, Group, 0);
        Assert.Equal(5, graph["dispatch"].Meter.Dropped(DropReason.UnknownQp));
        Assert.Empty(_scene.Sinks[0].Numbers);
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void OnlyWholePacketsForQueuePairFfffffAreReplicated()
    {
        _groups.Attach(new Member(0x11), Group, 0);
        var (graph, source) = BuildDispatch();
        var burst = MakeBurst(Group, 4);
        burst.Packets[1].Icrc = IcrcStatus.Invalid;
        burst.Bytes(burst.Packets[2].TransportOffset, 8)[7] = 0x11;
        burst.Packets[3].TransportLength = 10;
        source.Next = burst;
        _scene.Pump(graph);
        Assert.Equal([0u], _scene.Sinks[0].Bytes);
        var meter = graph["dispatch"].Meter;
        Assert.Equal((1, 1, 1),
            (meter.Dropped(DropReason.IcrcMismatch), meter.Dropped(DropReason.UnknownQp), meter.Dropped(DropReason.BadLength)));
        _scene.AssertAtRest(graph);
    }

    /// <summary>Step 7: 0xFFFFFF is nobody at a unicast address.</summary>
    [Fact]
    public void TheGroupNumberAtAUnicastAddressIsUnknown()
    {
        _groups.Attach(new Member(0x11), Group, 0);
        var (graph, source) = BuildDispatch();
        source.Next = MakeBurst(GidAddress.FromIpv4(0x0A000001), 2);
        _scene.Pump(graph);
        Assert.Equal(2, graph["dispatch"].Meter.Dropped(DropReason.UnknownQp));
        Assert.Empty(_scene.Sinks[0].Numbers);
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void EveryShardWithAMemberGetsTheBurst()
    {
        foreach (var shard in new[] { 1, 3, 3 })
            _groups.Attach(new Member(0x10) { ShardIndex = shard }, Group, 0);
        var (graph, source) = _scene.Build(() => new RouteStage(4, _scene.Pool, _groups), RouteStage.PortsFor(4));
        source.Next = MakeBurst(Group, 3);
        _scene.Pump(graph);
        source.Next = MakeBurst(OtherGroup, 2);
        _scene.Pump(graph);
        Assert.Equal([2, 3, 0, 3], _scene.Sinks.Select(sink => sink.Numbers.Count));
        Assert.Equal([0u, 1, 2], _scene.Sinks[1].Bytes);
        Assert.Equal([0u, 1, 2], _scene.Sinks[3].Bytes);
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void ReplicationAllocatesNothing()
    {
        for (uint number = 0; number < 20; number++)
            _groups.Attach(new Member(0x100 + number), Group, 0);
        var fanOut = new MulticastFanOut(_groups, 0, _scene.Pool);
        var context = new ReleasingContext();
        long cost = long.MaxValue;
        for (int round = 0; round < 12; round++)
        {
            var burst = MakeBurst(Group, 30);
            long before = GC.GetAllocatedBytesForCurrentThread();
            fanOut.Process(burst, context, 0);
            cost = Math.Min(cost, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, cost);
        Assert.Equal(12 * 20 * 30, context.Emitted);
        Assert.Equal(0, _scene.Pool.Outstanding);
    }

    private (StageGraph<PacketBurst> Graph, StageScene.StageSource Source) BuildDispatch() => _scene.Build(
        () => new DispatchStage("dispatch", new QueuePairTable(10, () => 0), _scene.Pool, new MulticastFanOut(_groups, 0, _scene.Pool)),
        DispatchStage.Ports);

    /// <summary>UD SEND ONLY packets for 0xFFFFFF; the last byte, which the sink notes, is the packet's number.</summary>
    private PacketBurst MakeBurst(UInt128 destination, int count)
    {
        var burst = _scene.Pool.Rent();
        burst.Path = new FlowPath(GidAddress.FromIpv4(0x0A000009), destination, 0, 64, 0, 0xC000);
        burst.State = BurstStage.Decoded;
        for (int i = 0; i < count; i++)
        {
            ref var packet = ref burst.Append();
            packet.TransportOffset = packet.FrameOffset = i * PacketBytes;
            packet.TransportLength = packet.FrameLength = PacketBytes;
            packet.DestinationQueuePair = Bth.MulticastQueuePair;
            var bytes = burst.Bytes(packet.TransportOffset, PacketBytes);
            bytes.Clear();
            bytes[0] = 0x64;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], 0xFFFF);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], Bth.MulticastQueuePair);
            bytes[^1] = (byte)i;
        }
        return burst;
    }

    private sealed class Member(uint number) : IMulticastMember
    {
        public uint Number => number;

        public int ShardIndex { get; init; }

        public DropReason Refusal { get; init; }

        public DropReason Admit(in PacketView packet, in FlowPath path) => Refusal;
    }

    private sealed class ReleasingContext : IStageContext<PacketBurst>
    {
        public int Emitted { get; private set; }

        public bool HasRoom => true;

        public void Emit(int port, PacketBurst burst)
        {
            Emitted += burst.Count;
            burst.Release();
        }

        public bool IsEnding => false;

        public IShardServices? Services => null;

        public void Defer(PacketBurst burst, BlockedReason reason) => Assert.Fail("nothing to wait for");

        public void Created(int items)
        {
        }

        public void Ended(int items)
        {
        }

        public void Dropped(DropReason reason, int items, PacketBurst? burst) => Assert.Fail($"{reason}");

        public void Wake()
        {
        }

        public void WakeAt(long nanoseconds)
        {
        }
    }
}
