using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>A graph that ends while it is changed, or was ended before: a clear end for both.</summary>
public sealed class EndingTests
{
    public static TheoryData<HopPolicy> Hops => [HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused];

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Completed_meanwhile_the_change_is_taken_back_and_everything_drains(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        using var world = new SeededWorld<TestBurst>(sample.Spec, 1);
        Task<GraphRevision> change = BlockedChange.Begin(world, sample);
        world.Graph.Complete();
        Assert.Equal(StageGraphState.Completing, world.Graph.State);
        world.Run();
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => change.Soon());
        Assert.Contains("is ending", error.Message, StringComparison.Ordinal);
        Assert.False(world.Graph.Completion.IsCompleted);
        sample.LeftSink.Unblock();
        world.Run();
        await world.Graph.Completion.Soon();
        sample.AssertAllArrived(30);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Faulted_meanwhile_the_change_says_so(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        using var world = new SeededWorld<TestBurst>(sample.Spec, 2);
        Task<GraphRevision> change = BlockedChange.Begin(world, sample);
        world.Graph.Fault(new IOException("gone"));
        world.Run();
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => change.Soon());
        Assert.IsType<IOException>(error.InnerException);
        await Assert.ThrowsAsync<IOException>(() => world.Graph.Completion.Soon());
        Assert.Equal(StageGraphState.Faulted, world.Graph.State);
    }

    // At every point of the change: before it, between any two of its steps, after it.
    [Theory]
    [MemberData(nameof(Hops))]
    public async Task At_any_step_a_fault_ends_the_graph_and_the_change(HopPolicy hop)
    {
        for (int steps = 0; steps < 120; steps++)
        {
            var sample = new SampleGraph(hop);
            using var world = new SeededWorld<TestBurst>(sample.Spec, (ulong)steps);
            sample.Feed(20);
            world.Step(20);
            Task<GraphRevision> change = world.Graph.ReconfigureAsync(s =>
                s.Insert("new", () => new TestStage("new"), "source").Replace("tail", () => new TestStage("tail")));
            world.Step(steps);
            world.Graph.Fault(new IOException("gone"));
            world.Run();
            await Assert.ThrowsAsync<IOException>(() => world.Graph.Completion.Soon());
            Exception? end = await Record.ExceptionAsync(() => change.Soon());
            Assert.True(end is null or InvalidOperationException, $"{steps} steps: {end}");
            Assert.All(sample.LeftSink.Arrived.Concat(sample.TailSink.Arrived), b => Assert.Equal(0, b.Holders));
        }
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task At_any_step_completion_drains_everything(HopPolicy hop)
    {
        for (int steps = 0; steps < 120; steps++)
        {
            var sample = new SampleGraph(hop);
            using var world = new SeededWorld<TestBurst>(sample.Spec, (ulong)steps);
            sample.Feed(20);
            world.Step(20);
            Task<GraphRevision> change = world.Graph.ReconfigureAsync(s =>
                s.Insert("new", () => new TestStage("new"), "source").Replace("tail", () => new TestStage("tail")));
            world.Step(steps);
            world.Graph.Complete();
            world.Run();
            await world.Graph.Completion.Soon();
            Exception? end = await Record.ExceptionAsync(() => change.Soon());
            Assert.True(end is null or InvalidOperationException, $"{steps} steps: {end}");
            sample.AssertAllArrived(20);
        }
    }

    [Fact]
    public async Task Ended_before_it_cannot_be_changed()
    {
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec, 3);
        world.Graph.Complete();
        world.Run();
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Graph.ReconfigureAsync(s => s.Resize("left", 9)).Soon());
    }
}
