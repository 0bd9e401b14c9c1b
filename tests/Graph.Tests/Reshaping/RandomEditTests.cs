using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>
/// A graph under load is changed at random: everything fed arrives, in order on every edge, with the laws held after every delegate.
/// </summary>
public sealed class RandomEditTests
{
    public static TheoryData<HopPolicy, int> Hops => new()
    {
        { HopPolicy.Inline, 1 }, { HopPolicy.Inline, 4 }, { HopPolicy.Queued, 1 }, { HopPolicy.Queued, 4 }, { HopPolicy.Fused, 4 },
    };

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Seeded_nothing_is_lost_or_reordered(HopPolicy hop, int capacity)
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            var sample = new SampleGraph(hop, capacity);
            using var world = new SeededWorld<TestBurst>(sample.Spec, seed);
            var edits = new RandomEdits(seed, HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused);
            int fed = 0;
            for (int edit = 0; edit < 12; edit++)
            {
                sample.Feed(8, from: fed);
                fed += 8;
                world.Step(edit * 3);
                await world.Reconfigure(edits.Next);
            }

            world.Graph.Complete();
            world.Run();
            Assert.True(world.Graph.Completion.IsCompletedSuccessfully, $"seed {seed}");
            Assert.All(world.Graph.Revisions, r => Assert.Equal(ReconfigurationOutcome.Applied, r.Outcome));
            sample.AssertAllArrived(fed);
        }
    }

    [Fact]
    public async Task Seeded_on_two_shards_nothing_is_lost_or_reordered()
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            var sample = new SampleGraph(HopPolicy.Inline, 2);
            using var world = new SeededWorld<TestBurst>(sample.SpecOnTwoShards, seed);
            var edits = new RandomEdits(seed, HopPolicy.Inline, HopPolicy.Queued);
            for (int edit = 0; edit < 12; edit++)
            {
                sample.Feed(8, from: edit * 8);
                world.Step(edit * 3);
                await world.Reconfigure(edits.Next);
            }

            world.Graph.Complete();
            world.Run();
            Assert.True(world.Graph.Completion.IsCompletedSuccessfully, $"seed {seed}");
            sample.AssertAllArrived(96);
        }
    }

    [Theory]
    [InlineData(ShardDriverKind.Hybrid)]
    [InlineData(ShardDriverKind.Dedicated)]
    public async Task With_a_thread_for_each_of_two_shards_nothing_is_lost_or_reordered(ShardDriverKind kind)
    {
        using var left = new TestShard(kind);
        using var right = new TestShard(kind);
        var sample = new SampleGraph(HopPolicy.Inline, 3);
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(
            sample.SpecOnTwoShards, new StageGraphOptions { Shards = [new(0, right.Scheduler), new(1, left.Scheduler)] });
        await EditUnderLoad(graph, sample, new RandomEdits(5, HopPolicy.Inline, HopPolicy.Queued));
    }

    [Theory]
    [InlineData(ShardDriverKind.Hybrid)]
    [InlineData(ShardDriverKind.Polling)]
    public async Task With_one_thread_nothing_is_lost_or_reordered(ShardDriverKind kind)
    {
        using var shard = new TestShard(kind);
        var sample = new SampleGraph(HopPolicy.Queued, 3);
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(sample.Spec, StageGraphOptions.On(shard.Scheduler));
        await EditUnderLoad(graph, sample, new RandomEdits(6, HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused));
    }

    private static async Task EditUnderLoad(StageGraph<TestBurst> graph, SampleGraph sample, RandomEdits edits)
    {
        const int Bursts = 40_000;
        Task feeding = Task.Run(() => sample.Feed(Bursts));
        for (int edit = 0; edit < 150; edit++)
        {
            await graph.ReconfigureAsync(edits.Next).Soon();
        }

        await feeding.Soon();
        graph.Complete();
        await graph.Completion.Soon();
        Assert.Empty(GraphLaws.Check(graph));
        sample.AssertAllArrived(Bursts);
    }
}
