using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The stages that a user writes or inserts, and the one that spreads packets over shards, each in a graph of its own.</summary>
public class StageTests
{
    private static readonly DeviceAttributes Limits = new() { Name = "probe" };
    private readonly PacketPool _pool = new();
    private readonly ShardScheduler _shard = new();
    private readonly Collector[] _sinks = [.. Enumerable.Range(0, 4).Select(index => new Collector($"sink{index}"))];

    [Fact]
    public void APacketStageDropsWhatItJudgesAndPassesTheRestInOrder()
    {
        var (graph, source) = Build(() => new EvenOnly(), ["out"]);
        source.Next = MakeBurst(1, 2, 3, 4, 6);
        Pump(graph);
        Assert.Equal([2u, 4, 6], _sinks[0].Numbers);
        Assert.Equal(2, graph["probe"].Meter.Dropped(DropReason.InjectedFault));
        source.Next = MakeBurst(5, 7);
        Pump(graph);
        Assert.Single(_sinks[0].Bursts);
        AssertAtRest(graph);
    }

    [Fact]
    public void ATapSharesWhatItSeesAndWaitsForNobody()
    {
        var onlooker = new BufferBlock<PacketBurst>(new DataflowBlockOptions { BoundedCapacity = 1 });
        var (graph, source) = Build(() => new TapStage("probe", onlooker), ["out"]);
        for (uint i = 0; i < 3; i++)
        {
            source.Next = MakeBurst(i, i);
            Pump(graph);
        }
        Assert.Equal([0u, 0, 1, 1, 2, 2], _sinks[0].Numbers);
        Assert.Equal(4, graph["probe"].Meter.Dropped(DropReason.QueueFull));
        Assert.Equal(1, _pool.Outstanding);
        Assert.True(onlooker.TryReceive(out var seen));
        Assert.Equal(2, seen.Count);
        seen.Release();
        AssertAtRest(graph);
    }

    [Fact]
    public void RoutingSendsEachPacketToTheShardOfItsNumber()
    {
        var (graph, source) = Build(() => new RouteStage(4, _pool, new MulticastTable(Limits, static _ => { }, static _ => { })), RouteStage.PortsFor(4));
        source.Next = MakeBurst(5, 6, 9, 7, 13, 4);
        Pump(graph);
        source.Next = MakeBurst(6, 10);
        Pump(graph);
        Assert.Equal([4u], _sinks[0].Numbers);
        Assert.Equal([5u, 9, 13], _sinks[1].Numbers);
        Assert.Equal([6u, 6, 10], _sinks[2].Numbers);
        Assert.Equal([7u], _sinks[3].Numbers);
        Assert.All(_sinks, sink => Assert.All(sink.Bytes.Zip(sink.Numbers), pair => Assert.Equal(pair.Second, pair.First)));
        AssertAtRest(graph);
    }

    [Theory]
    [InlineData(0x11u, 0x12u, 0xC132)]
    [InlineData(0x12u, 0x11u, 0xC132)]
    public void TheSourcePortIsThatOfLinux(uint local, uint remote, int port) =>
        Assert.Equal(port, FlowEntropy.SourcePort(0, local, remote)); // R-WIRE-6

    private (StageGraph<PacketBurst> Graph, Source Source) Build(Func<IStage<PacketBurst>> probe, string[] ports)
    {
        var source = new Source();
        var builder = new StageGraphBuilder<PacketBurst>("probe").Source("source", () => source)
            .Stage(new StageSpec<PacketBurst> { Name = probe().Name, Factory = probe, Outputs = [.. ports] })
            .Edge("source", probe().Name);
        for (int i = 0; i < ports.Length; i++)
        {
            var sink = _sinks[i];
            builder.Sink(sink.Name, () => sink).Edge(probe().Name, sink.Name, ports[i]);
        }
        return (builder.Build(StageGraphOptions.On(_shard)), source);
    }

    private PacketBurst MakeBurst(params uint[] numbers)
    {
        var burst = _pool.Rent();
        for (int i = 0; i < numbers.Length; i++)
        {
            ref var packet = ref burst.Append();
            packet.DestinationQueuePair = numbers[i];
            packet.TransportOffset = packet.FrameOffset = i * 100;
            packet.TransportLength = packet.FrameLength = 100;
            burst.Bytes(i * 100, 100).Fill((byte)numbers[i]);
        }
        return burst;
    }

    private void Pump(StageGraph<PacketBurst> graph)
    {
        Assert.True(_shard.TryEnter());
        graph["source"].Pump();
        _shard.RunQueue(1000);
        _shard.Exit();
    }

    private void AssertAtRest(StageGraph<PacketBurst> graph)
    {
        Assert.Empty(GraphLaws.Check(graph));
        Assert.Equal(0, _pool.Outstanding);
    }

    private sealed class EvenOnly() : PacketStage("probe")
    {
        protected override DropReason Handle(PacketBurst burst, ref PacketDescriptor packet) =>
            packet.DestinationQueuePair % 2 == 0 ? DropReason.None : DropReason.InjectedFault;
    }

    private sealed class Source : IPumpStage<PacketBurst>
    {
        private IStageContext<PacketBurst>? _context;

        public PacketBurst? Next { get; set; }

        public string Name => "source";

        public IReadOnlyList<string> Outputs => ["out"];

        public void Attach(IStageContext<PacketBurst> context) => _context = context;

        public void Process(PacketBurst burst) => Assert.Fail("a source has no input");

        public bool Pump()
        {
            if (Next is not { } burst)
                return false;
            Next = null;
            _context!.Created(burst.Count);
            _context.Emit(0, burst);
            return true;
        }
    }

    private sealed class Collector(string name) : IStage<PacketBurst>
    {
        private IStageContext<PacketBurst>? _context;

        public List<int> Bursts { get; } = [];

        public List<uint> Numbers { get; } = [];

        public List<uint> Bytes { get; } = [];

        public string Name => name;

        public IReadOnlyList<string> Outputs => [];

        public void Attach(IStageContext<PacketBurst> context) => _context = context;

        public void Process(PacketBurst burst)
        {
            Bursts.Add(burst.Count);
            foreach (var packet in burst.Packets.AsSpan(0, burst.Count))
            {
                Numbers.Add(packet.DestinationQueuePair);
                Bytes.Add(burst.Bytes(packet.TransportOffset, packet.TransportLength)[99]);
            }
            _context!.Ended(burst.Count);
            burst.Release();
        }
    }
}
