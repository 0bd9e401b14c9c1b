using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Graphs;

/// <summary>The laws notice a lost burst: each canary breaks the law that watches it.</summary>
public sealed class LawTests
{
    public static TheoryData<HopPolicy> Hops => [HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused];

    [Theory]
    [MemberData(nameof(Hops))]
    public void A_stage_that_loses_one_burst_breaks_the_stage_law(HopPolicy hop)
    {
        StageGraph<TestBurst> graph = Run(hop, new TestStage("middle", (c, b) =>
        {
            if (b.Sequence == 5)
            {
                b.Release(); // the canary: neither passed on nor accounted for
                return;
            }

            c.Emit(0, b);
        }));
        LawViolation violation = Assert.Single(GraphLaws.Check(graph));
        Assert.Equal("stage", violation.Law);
        Assert.Equal("middle", violation.Where);
        Assert.Contains("20 consumed", violation.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void A_stage_that_invents_a_burst_breaks_the_stage_law(HopPolicy hop)
    {
        StageGraph<TestBurst> graph = Run(hop, new TestStage("middle", (c, b) =>
        {
            c.Emit(0, b);
            if (b.Sequence == 5)
            {
                c.Emit(0, new TestBurst(100));
            }
        }));
        Assert.Equal("middle", Assert.Single(GraphLaws.Check(graph)).Where);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void A_counted_drop_keeps_them(HopPolicy hop)
    {
        StageGraph<TestBurst> graph = Run(hop, new TestStage("middle", (c, b) =>
        {
            if (b.Sequence % 2 == 0)
            {
                c.Dropped(DropReason.IcrcMismatch, b.Count);
                b.Release();
                return;
            }

            c.Emit(0, b);
        }));
        Assert.Empty(GraphLaws.Check(graph));
        Assert.Equal(10, graph["middle"].Meter.Dropped(DropReason.IcrcMismatch));
    }

    [Fact]
    public void An_edge_that_loses_one_burst_breaks_the_edge_law()
    {
        var bell = new Doorbell(100);
        var sink = new TestSink();
        using StageGraph<TestBurst> graph = Build(HopPolicy.Queued, bell, new TestStage("middle"), sink, out SeededShards shards);
        sink.Block();
        Ring(bell, 3);
        Assert.True(shards.RunUntilIdle());
        Assert.Empty(GraphLaws.Check(graph));
        BlockInput<TestBurst> queue = ((StageBlock<TestBurst>)graph["sink"]).Input;
        Assert.True(queue.TryTake(out QueuedBurst<TestBurst> lost)); // the canary: gone from the queue, seen by nobody
        Assert.Equal(1, lost.Items);
        LawViolation[] violations = [.. GraphLaws.Check(graph)];
        Assert.All(violations, v => Assert.Equal("edge", v.Law));
        Assert.Contains(violations, v => v.Where == "middle.out → sink.in" && v.Detail.Contains("items", StringComparison.Ordinal));
    }

    [Fact]
    public void An_edge_that_forgets_a_postponed_offer_breaks_the_law_of_progress()
    {
        var bell = new Doorbell(100);
        var sink = new TestSink();
        using StageGraph<TestBurst> graph = Build(HopPolicy.Queued, bell, new TestStage("middle"), sink, out SeededShards shards);
        sink.Block();
        Ring(bell, 10);
        Assert.True(shards.RunUntilIdle());
        Assert.Empty(GraphLaws.Check(graph));
        Assert.True(((StageBlock<TestBurst>)graph["sink"]).Input.TryForget(out _, out _)); // the canary
        Assert.Equal("progress", Assert.Single(GraphLaws.Check(graph)).Law);
    }

    [Fact]
    public void A_second_reference_counts_as_created()
    {
        StageGraph<TestBurst> graph = Run(HopPolicy.Inline, new TestStage("middle", (c, b) =>
        {
            b.Retain();
            c.Created(b.Count);
            c.Emit(0, b);
            c.Emit(0, b);
        }));
        Assert.Empty(GraphLaws.Check(graph));
        Assert.Equal(40, graph["sink"].Meter.EndedItems);
    }

    private static StageGraph<TestBurst> Run(HopPolicy hop, TestStage middle)
    {
        var bell = new Doorbell(100);
        StageGraph<TestBurst> graph = Build(hop, bell, middle, new TestSink(), out SeededShards shards);
        using (graph)
        {
            Ring(bell, 20);
            Assert.True(shards.RunUntilIdle());
            return graph;
        }
    }

    private static void Ring(Doorbell bell, int times)
    {
        for (int i = 0; i < times; i++)
        {
            bell.Ring(1);
        }
    }

    private static StageGraph<TestBurst> Build(HopPolicy hop, Doorbell bell, TestStage middle, TestSink sink, out SeededShards shards)
    {
        shards = new SeededShards(1);
        return new StageGraphBuilder<TestBurst>("g", hop: hop)
            .Source("pump", () => new TestPump("pump", bell))
            .Stage("middle", () => middle)
            .Stage(new StageSpec<TestBurst> { Name = "sink", Factory = () => sink, Outputs = [], Capacity = 4 })
            .Edge("pump", "middle").Edge("middle", "sink")
            .Doorbell(null, "pump", bell)
            .Build(StageGraphOptions.On(shards.CreateScheduler("s")));
    }
}
