using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The stages that a user writes or inserts, and the one that spreads packets over shards, each in a graph of its own.</summary>
public class StageTests
{
    private static readonly MulticastTable NoGroups = new(new DeviceAttributes { Name = "probe" }, static _ => { }, static _ => { });
    private readonly StageScene _scene = new();

    [Fact]
    public void APacketStageDropsWhatItJudgesAndPassesTheRestInOrder()
    {
        var (graph, source) = _scene.Build(() => new EvenOnly(), ["out"]);
        source.Next = _scene.MakeBurst(1, 2, 3, 4, 6);
        _scene.Pump(graph);
        Assert.Equal([2u, 4, 6], _scene.Sinks[0].Numbers);
        Assert.Equal(2, graph["probe"].Meter.Dropped(DropReason.InjectedFault));
        source.Next = _scene.MakeBurst(5, 7);
        _scene.Pump(graph);
        Assert.Single(_scene.Sinks[0].Bursts);
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void ATapShowsCopiesAndWaitsForNobody()
    {
        var onlooker = new BufferBlock<PacketBurst>(new DataflowBlockOptions { BoundedCapacity = 1 });
        var (graph, source) = _scene.Build(() => new TapStage("probe", onlooker), ["out"]);
        for (uint i = 0; i < 3; i++)
        {
            source.Next = _scene.MakeBurst(i, i);
            _scene.Pump(graph);
        }
        Assert.Equal([0u, 0, 1, 1, 2, 2], _scene.Sinks[0].Numbers);
        Assert.Equal(4, graph["probe"].Meter.Dropped(DropReason.QueueFull));
        Assert.Equal(0, _scene.Pool.Outstanding);
        Assert.True(onlooker.TryReceive(out var seen));
        Assert.Equal(2, seen.Count);
        seen.Release();
        _scene.AssertAtRest(graph);
    }

    [Fact]
    public void RoutingSendsEachPacketToTheShardOfItsNumber()
    {
        var (graph, source) = _scene.Build(() => new RouteStage(4, _scene.Pool, NoGroups), RouteStage.PortsFor(4));
        source.Next = _scene.MakeBurst(5, 6, 9, 7, 13, 4);
        _scene.Pump(graph);
        source.Next = _scene.MakeBurst(6, 10);
        _scene.Pump(graph);
        Assert.Equal([4u], _scene.Sinks[0].Numbers);
        Assert.Equal([5u, 9, 13], _scene.Sinks[1].Numbers);
        Assert.Equal([6u, 6, 10], _scene.Sinks[2].Numbers);
        Assert.Equal([7u], _scene.Sinks[3].Numbers);
        Assert.All(_scene.Sinks, sink => Assert.All(sink.Bytes.Zip(sink.Numbers), pair => Assert.Equal(pair.Second, pair.First)));
        _scene.AssertAtRest(graph);
    }

    [Theory]
    [InlineData(0x11u, 0x12u, 0xC132)]
    [InlineData(0x12u, 0x11u, 0xC132)]
    public void TheSourcePortIsThatOfLinux(uint local, uint remote, int port) =>
        Assert.Equal(port, FlowEntropy.SourcePort(0, local, remote)); // R-WIRE-6

    private sealed class EvenOnly() : FilterStage("probe")
    {
        protected override DropReason Judge(PacketBurst burst, int index) =>
            burst.Packets[index].DestinationQueuePair % 2 == 0 ? DropReason.None : DropReason.InjectedFault;
    }
}
