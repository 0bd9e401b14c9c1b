using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>A change that is cancelled at any of its steps: the old graph runs or the new one, wholly, and everything arrives.</summary>
public sealed class CancellingTests
{
    public static TheoryData<HopPolicy, int> Graphs => new()
    {
        { HopPolicy.Inline, 1 }, { HopPolicy.Inline, 2 }, { HopPolicy.Queued, 1 }, { HopPolicy.Queued, 2 }, { HopPolicy.Fused, 1 },
    };

    [Theory]
    [MemberData(nameof(Graphs))]
    public async Task At_any_step(HopPolicy hop, int shards)
    {
        var ends = new HashSet<ReconfigurationOutcome>();
        for (int steps = 0; steps < 200; steps++)
        {
            var sample = new SampleGraph(hop);
            var moved = new StatefulStage("moved");
            StageGraphSpec<TestBurst> spec = shards == 1 ? sample.Spec : sample.SpecOnTwoShards;
            using var world = new SeededWorld<TestBurst>(spec.Insert("moved", () => moved, "tail"), (ulong)steps);
            sample.Feed(20);
            world.Step(30);
            using var cancel = new CancellationTokenSource();
            Task<GraphRevision> change = world.Graph.ReconfigureAsync(
                s => s.Insert("new", () => new TestStage("new"), "source").Replace("tail", () => new TestStage("tail")).Resize("split", 9),
                null,
                cancel.Token);
            world.Step(steps);
            cancel.Cancel();
            Exception? error = await Record.ExceptionAsync(() => world.Await(change));
            GraphRevision last = world.Graph.Revisions[^1];
            ends.Add(last.Outcome);
            Assert.Equal(last.Outcome == ReconfigurationOutcome.Applied, error is null);
            Assert.True(error is null or OperationCanceledException, $"{steps} steps: {error}");
            Assert.Equal(error is null ? 2 : 1, world.Graph.Revision);
            Assert.Equal(world.Graph.Spec.Stages.Select(s => s.Name), world.Graph.Describe().Stages.Select(s => s.Name));
            Assert.Equal(error is null, world.Graph.Describe().Stages.Any(s => s.Name == "new"));
            sample.Feed(20, from: 20);
            world.Graph.Complete();
            world.Run();
            await world.Graph.Completion.Soon();
            sample.AssertAllArrived(40);
        }

        Assert.Equal([ReconfigurationOutcome.Applied, ReconfigurationOutcome.RolledBack], ends.Order());
    }

    [Fact]
    public async Task Before_it_was_asked_for_it_is_no_attempt()
    {
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec, 1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => world.Reconfigure(s => s.Remove("left"), null, new CancellationToken(canceled: true)));
        Assert.Single(world.Graph.Revisions);
    }
}
