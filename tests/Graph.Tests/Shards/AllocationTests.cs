using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Shards;

/// <summary>Steady state allocates nothing, whatever the hop policy.</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(HopPolicy.Inline)]
    [InlineData(HopPolicy.Queued)]
    [InlineData(HopPolicy.Fused)]
    public void A_hop_allocates_nothing(HopPolicy hop)
    {
        var pump = new RecyclingPump();
        var sink = new TestSink { KeepsThem = false };
        var builder = new StageGraphBuilder<TestBurst>("g", hop: hop).Source("pump", () => pump);
        string last = "pump";
        for (int i = 0; i < 6; i++)
        {
            string name = $"s{i}";
            builder = builder.Stage(name, () => new TestStage(name)).Edge(last, name);
            last = name;
        }

        var scheduler = new ShardScheduler();
        using StageGraph<TestBurst> graph = builder.Sink("sink", () => sink).Edge(last, "sink").Build(StageGraphOptions.On(scheduler));
        Assert.True(scheduler.TryEnter());
        long Measure()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20_000; i++)
            {
                graph["pump"].Pump();
                scheduler.RunQueue(100);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure();
        Measure();
        Assert.Equal(0, Measure());
        scheduler.Exit();
        Assert.Equal(60_000, sink.Items);
        Assert.Empty(GraphLaws.Check(graph));
    }

    [Fact]
    public void Backpressure_allocates_nothing()
    {
        var pump = new RecyclingPump();
        var sink = new TestSink { KeepsThem = false };
        var scheduler = new ShardScheduler();
        using StageGraph<TestBurst> graph = new StageGraphBuilder<TestBurst>("g").Source("pump", () => pump)
            .Stage(new StageSpec<TestBurst> { Name = "pass", Factory = () => new TestStage("pass"), Capacity = 2 })
            .Stage(new StageSpec<TestBurst> { Name = "sink", Factory = () => sink, Outputs = [], Capacity = 2 })
            .Edge("pump", "pass").Edge("pass", "sink").Build(StageGraphOptions.On(scheduler));
        Assert.True(scheduler.TryEnter());
        long Measure()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 2000; i++)
            {
                sink.Block();
                for (int n = 0; n < 8; n++)
                {
                    graph["pump"].Pump();
                    scheduler.RunQueue(100);
                }

                sink.Unblock();
                scheduler.RunQueue(100);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure();
        Measure();
        Assert.Equal(0, Measure());
        scheduler.Exit();
        Assert.True(sink.Items > 6000);
        Assert.Empty(GraphLaws.Check(graph));
    }

    [Fact]
    public void A_doorbell_allocates_nothing()
    {
        var bell = new Doorbell(64);
        long Measure()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10_000; i++)
            {
                bell.Ring(1);
                bell.TryTake(out _);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure();
        Assert.Equal(0, Measure());
    }

    private sealed class RecyclingPump : IPumpStage<TestBurst>
    {
        private readonly TestBurst[] _pool = [.. Enumerable.Range(0, 64).Select(i => new TestBurst(i))];
        private IStageContext<TestBurst> _context = null!;
        private int _next;

        public string Name => "pump";

        public IReadOnlyList<string> Outputs => ["out"];

        public void Attach(IStageContext<TestBurst> context) => _context = context;

        public void Process(TestBurst burst) => throw new InvalidOperationException("It has no input.");

        public bool Pump()
        {
            TestBurst burst = _pool[_next++ & 63];
            burst.Retain();
            _context.Created(1);
            _context.Emit(0, burst);
            return false;
        }
    }
}
