using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Graphs;

/// <summary>
/// A stage cannot tell how bursts hop: the same graph gives the same results under every policy, driver, capacity and seed.
/// </summary>
public sealed class PresetTests
{
    public static TheoryData<HopPolicy, int> Hops => new()
    {
        { HopPolicy.Inline, 1 }, { HopPolicy.Inline, 4 }, { HopPolicy.Inline, 64 },
        { HopPolicy.Queued, 1 }, { HopPolicy.Queued, 4 }, { HopPolicy.Queued, 64 },
        { HopPolicy.Fused, 4 },
    };

    [Theory]
    [MemberData(nameof(Hops))]
    public void Seeded_the_graph_drains_with_the_laws_held_after_every_delegate(HopPolicy hop, int capacity)
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var sample = new SampleGraph(hop, capacity);
            using var world = new SeededWorld<TestBurst>(sample.Spec, seed);
            sample.Feed(60);
            world.Step((int)seed);
            sample.LeftSink.Block();
            world.Run();
            sample.TailSink.Block();
            world.Run();
            sample.LeftSink.Unblock();
            world.Step((int)seed);
            sample.TailSink.Unblock();
            world.Graph.Complete();
            world.Run();
            Assert.True(world.Graph.Completion.IsCompletedSuccessfully, $"seed {seed}");
            Assert.Equal(StageGraphState.Completed, world.Graph.State);
            sample.AssertAllArrived(60);
        }
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void A_seed_replays(HopPolicy hop, int capacity)
    {
        long[] runs = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            var sample = new SampleGraph(hop, capacity);
            using var world = new SeededWorld<TestBurst>(sample.Spec, 77);
            sample.Feed(50);
            world.Run();
            long order = sample.TailSink.Arrived.Aggregate(0L, (h, b) => (h * 31) + b.Sequence + (b.Producer * 7));
            return (world.Shards.Steps * 1_000_003) + order;
        })];
        Assert.Equal(runs[0], runs[1]);
    }

    [Theory]
    [InlineData(HopPolicy.Inline, ShardDriverKind.Hybrid)]
    [InlineData(HopPolicy.Inline, ShardDriverKind.Dedicated)]
    [InlineData(HopPolicy.Queued, ShardDriverKind.Hybrid)]
    [InlineData(HopPolicy.Queued, ShardDriverKind.Polling)]
    [InlineData(HopPolicy.Fused, ShardDriverKind.Hybrid)]
    [InlineData(HopPolicy.Fused, ShardDriverKind.Dedicated)]
    public async Task Driven_by_threads_it_drains_and_the_laws_hold_at_rest(HopPolicy hop, ShardDriverKind kind)
    {
        using var shard = new TestShard(kind);
        var sample = new SampleGraph(hop);
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(sample.Spec, StageGraphOptions.On(shard.Scheduler));
        await Task.Run(() => sample.Feed(20_000)).Soon();
        graph.Complete();
        await graph.Completion.Soon();
        Assert.Empty(GraphLaws.Check(graph));
        sample.AssertAllArrived(20_000);
    }

    [Fact]
    public void Two_shards_exchange_bursts_through_queues()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var sample = new SampleGraph(HopPolicy.Inline, 2);
            using var world = new SeededWorld<TestBurst>(sample.SpecOnTwoShards, seed);
            sample.Feed(60);
            world.Graph.Complete();
            world.Run();
            Assert.True(world.Graph.Completion.IsCompletedSuccessfully, $"seed {seed}");
            sample.AssertAllArrived(60);
        }
    }

    [Fact]
    public async Task Two_shards_with_a_thread_each_exchange_bursts()
    {
        using var left = new TestShard();
        using var right = new TestShard();
        var sample = new SampleGraph(HopPolicy.Inline, 3);
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(
            sample.SpecOnTwoShards, new StageGraphOptions { Shards = [new(0, right.Scheduler), new(1, left.Scheduler)] });
        await Task.Run(() => sample.Feed(20_000)).Soon();
        graph.Complete();
        await graph.Completion.Soon();
        Assert.Empty(GraphLaws.Check(graph));
        sample.AssertAllArrived(20_000);
    }
}
