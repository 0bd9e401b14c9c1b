using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>One stage in a graph of its own, between a source that a test feeds and a sink at each of its ports.</summary>
internal sealed class StageScene
{
    private readonly ShardScheduler _shard = new();

    public PacketPool Pool { get; } = new();

    public StageCollector[] Sinks { get; } = [.. Enumerable.Range(0, 4).Select(index => new StageCollector($"sink{index}"))];

    public (StageGraph<PacketBurst> Graph, StageSource Source) Build(Func<IStage<PacketBurst>> probe, string[] ports)
    {
        var source = new StageSource();
        var builder = new StageGraphBuilder<PacketBurst>("probe").Source("source", () => source)
            .Stage(new StageSpec<PacketBurst> { Name = probe().Name, Factory = probe, Outputs = [.. ports] })
            .Edge("source", probe().Name);
        for (int i = 0; i < ports.Length; i++)
        {
            var sink = Sinks[i];
            builder.Sink(sink.Name, () => sink).Edge(probe().Name, sink.Name, ports[i]);
        }
        return (builder.Build(StageGraphOptions.On(_shard)), source);
    }

    public PacketBurst MakeBurst(params uint[] numbers)
    {
        var burst = Pool.Rent();
        burst.State = BurstStage.Decoded;
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

    public void Pump(StageGraph<PacketBurst> graph)
    {
        Assert.True(_shard.TryEnter());
        graph["source"].Pump();
        _shard.RunQueue(1000);
        _shard.Exit();
    }

    public void AssertAtRest(StageGraph<PacketBurst> graph)
    {
        Assert.Empty(GraphLaws.Check(graph));
        Assert.Equal(0, Pool.Outstanding);
    }

    public sealed class StageSource : IPumpStage<PacketBurst>
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

    public sealed class StageCollector(string name) : IStage<PacketBurst>
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
                Bytes.Add(burst.Bytes(packet.TransportOffset, packet.TransportLength)[^1]);
            }
            _context!.Ended(burst.Count);
            burst.Release();
        }
    }
}
