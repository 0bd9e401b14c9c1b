using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Graphs;

public sealed class FaultTests
{
    public static TheoryData<HopPolicy> Hops => [HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused];

    [Theory]
    [MemberData(nameof(Hops))]
    public void An_exception_in_a_stage_faults_the_graph_and_every_item_is_accounted_for(HopPolicy hop)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var bell = new Doorbell(100);
            var sink = new TestSink();
            var buggy = new TestStage("buggy", (c, b) =>
            {
                if (b.Sequence == 20)
                {
                    throw new InvalidOperationException("a bug");
                }

                c.Emit(0, b);
            });
            StageGraphSpec<TestBurst> spec = Chain(hop, bell, buggy, sink);
            using var world = new SeededWorld<TestBurst>(spec, seed);
            sink.Block();
            for (int i = 0; i < 40; i++)
            {
                bell.Ring(3);
            }

            world.Run();
            sink.Unblock();
            world.Run();
            (string stage, Exception exception) = Assert.Single(world.Faults);
            Assert.Equal("buggy", stage);
            Assert.Equal("a bug", exception.Message);
            Assert.True(world.Graph.Completion.IsFaulted);
            Assert.Equal(StageGraphState.Faulted, world.Graph.State);
            Assert.Equal(1, world.Graph["buggy"].Meter.Faults);
            Assert.Empty(GraphLaws.Check(world.Graph));
            Assert.True(world.Graph["buggy"].Meter.Dropped(DropReason.Reconfiguration) >= 3);
            Assert.All(world.Graph.Edges, e => Assert.Equal(0, e.Meter.Queued.Bursts));
            Assert.True(sink.Arrived.Count <= 20);
        }
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void An_exception_in_a_pump_faults_the_graph(HopPolicy hop)
    {
        var bell = new Doorbell(100);
        StageGraphSpec<TestBurst> spec = Chain(hop, bell, new TestStage("buggy"), new TestSink());
        spec = spec with { Stages = spec.Stages.Replace(spec.Stages[0], spec.Stages[0] with { Factory = () => new BuggyPump() }) };
        using var world = new SeededWorld<TestBurst>(spec, 1);
        bell.Ring(1);
        world.Run();
        Assert.Equal("pump", Assert.Single(world.Faults).Stage);
        Assert.True(world.Graph.Completion.IsFaulted);
        Assert.Empty(GraphLaws.Check(world.Graph));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void Faulted_from_outside_it_discards_counted_and_tells_nobody_but_the_completion(HopPolicy hop)
    {
        var sample = new SampleGraph(hop, 2);
        using var world = new SeededWorld<TestBurst>(sample.Spec, 3);
        sample.TailSink.Block();
        sample.LeftSink.Block();
        sample.Feed(50);
        world.Run();
        world.Graph.Fault(new OperationCanceledException("closing"));
        world.Run();
        Assert.Empty(world.Faults);
        Assert.Equal("closing", world.Graph.Completion.Exception!.GetBaseException().Message);
        Assert.Empty(GraphLaws.Check(world.Graph));
        Assert.All(world.Graph.Edges, e => Assert.Equal(0, e.Meter.Queued.Bursts));
        long dropped = world.Graph.Stages.Sum(s => s.Meter.Dropped(DropReason.Reconfiguration));
        long made = world.Graph.Stages.Sum(s => s.Meter.CreatedItems);
        long ended = world.Graph.Stages.Sum(s => s.Meter.EndedItems);
        Assert.True(dropped > 0);
        Assert.Equal(made, ended + dropped);
    }

    [Fact]
    public async Task A_faulted_stock_block_that_is_watched_is_reported()
    {
        var told = new TaskCompletionSource<(string, Exception)>();
        var factory = new BlockFactory((name, e) => told.TrySetResult((name, e)));
        var tap = new System.Threading.Tasks.Dataflow.ActionBlock<int>(_ => throw new InvalidOperationException("a tap's bug"));
        factory.Watch(tap, "tap");
        System.Threading.Tasks.Dataflow.DataflowBlock.Post(tap, 1);
        (string name, Exception exception) = await told.Task.Soon();
        Assert.Equal("tap", name);
        Assert.Equal("a tap's bug", exception.Message);
    }

    private static StageGraphSpec<TestBurst> Chain(HopPolicy hop, Doorbell bell, TestStage middle, TestSink sink) =>
        new StageGraphBuilder<TestBurst>("g", hop: hop)
            .Source("pump", () => new TestPump("pump", bell))
            .Stage(new StageSpec<TestBurst> { Name = "before", Factory = () => new TestStage("before"), Capacity = 2 })
            .Stage(new StageSpec<TestBurst> { Name = "buggy", Factory = () => middle, Capacity = 2 })
            .Stage(new StageSpec<TestBurst> { Name = "sink", Factory = () => sink, Outputs = [], Capacity = 2 })
            .Edge("pump", "before").Edge("before", "buggy").Edge("buggy", "sink")
            .Doorbell(null, "pump", bell)
            .ToSpec();

    private sealed class BuggyPump : IPumpStage<TestBurst>
    {
        public string Name => "pump";

        public IReadOnlyList<string> Outputs => ["out"];

        public void Attach(IStageContext<TestBurst> context)
        {
        }

        public void Process(TestBurst burst) => throw new InvalidOperationException("It has no input.");

        public bool Pump() => throw new InvalidOperationException("a bug");
    }
}
