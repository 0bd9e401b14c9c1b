using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>What a change of a running graph does, and how it ends when it cannot be.</summary>
public sealed class ReconfigureTests
{
    public static TheoryData<HopPolicy> Hops => [HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused];

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Revisions_are_numbered_listed_and_rolled_back(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        using var world = new SeededWorld<TestBurst>(sample.Spec, 1);
        StageGraph<TestBurst> graph = world.Graph;
        GraphRevision second = await world.Reconfigure(s => s.Insert("tap", () => new TestStage("tap"), "source"));
        GraphRevision third = await world.Reconfigure(s => s.Resize("left", 7));
        Assert.Equal((2, 1), (second.Number, second.Previous));
        Assert.Equal((3, 2), (third.Number, third.Previous));
        Assert.Equal(3, graph.Revision);
        GraphRevision back = await world.Await(graph.RollbackAsync());
        Assert.Equal((4, 3), (back.Number, back.Previous));
        Assert.Equal("resize split.low → left.in to 4", back.Diff);
        await world.Await(graph.RollbackAsync(1));
        Assert.Equal(sample.Spec, graph.Spec);
        Assert.Equal([1, 2, 3, 4, 5], graph.Revisions.Select(r => r.Number));
        Assert.All(graph.Revisions, r => Assert.Equal(ReconfigurationOutcome.Applied, r.Outcome));
        Assert.Equal(5, graph.Describe().Revision);
        Assert.StartsWith("4 (from 3): resize split.low → left.in to 4; applied; pause 0 ms", back.ToString(), StringComparison.Ordinal);
        ArgumentException none = await Assert.ThrowsAsync<ArgumentException>(() => graph.RollbackAsync(17));
        Assert.Contains("Revision 17", none.Message, StringComparison.Ordinal);
        Assert.Contains("1, 2, 3, 4, 5", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edit_that_changes_nothing_is_no_revision()
    {
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec, 1);
        Assert.Equal(1, (await world.Reconfigure(s => s)).Number);
        Assert.Single(world.Graph.Revisions);
    }

    [Fact]
    public async Task However_many_attempts_have_failed_the_present_revision_is_known()
    {
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec, 1);
        await world.Reconfigure(s => s.Resize("left", 7));
        for (int attempt = 0; attempt < 120; attempt++)
        {
            await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s.Resize("left", 0)));
        }

        Assert.Equal(2, (await world.Reconfigure(s => s)).Number);
        ArgumentException none = await Assert.ThrowsAsync<ArgumentException>(() => world.Graph.RollbackAsync());
        Assert.Contains("Revision 1 is not among the last 100", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_graph_keeps_its_name_also_where_nothing_else_changes()
    {
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec, 1);
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s with { Name = "other" }));
        Assert.Equal("The graph is named 'sample' for its life; it cannot become 'other'.", Assert.Single(error.Errors));
    }

    [Fact] // It was taken for no change, because nothing of the graph would be another.
    public async Task A_description_with_an_error_is_refused_also_where_it_changes_nothing()
    {
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec, 1);
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(
            () => world.Reconfigure(s => s with { Stages = s.Stages.Add(s.Stages[0]) }));
        Assert.Contains("Two stages are named 'source'.", error.Errors);
    }

    [Fact]
    public async Task All_errors_are_told_together_and_the_graph_notices_nothing()
    {
        var sample = new SampleGraph();
        using var world = new SeededWorld<TestBurst>(sample.Spec, 1);
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(() => world.Graph.ReconfigureAsync(s =>
            s.Resize("left", 0).Reroute("tail", "nowhere").Drive(0, ShardDriverKind.Polling) with { Name = "other" }));
        Assert.Contains(error.Errors, e => e.Contains("capacity 0", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("'nowhere', which is no stage", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("The driver of shard 0 is not the graph's", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("named 'sample' for its life", StringComparison.Ordinal));
        Assert.Equal($"Graph 'sample' was not changed: {string.Join(" ", error.Errors)}", error.Message);
        GraphRevision attempt = world.Graph.Revisions[^1];
        Assert.Equal(ReconfigurationOutcome.Rejected, attempt.Outcome);
        Assert.Equal(TimeSpan.Zero, attempt.Pause);
        await AssertGoesOn(world, sample, revision: 1);
    }

    [Fact]
    public async Task A_factory_that_fails_rejects_the_change_and_the_stages_made_are_disposed()
    {
        var sample = new SampleGraph();
        using var world = new SeededWorld<TestBurst>(sample.Spec, 1);
        var made = new StatefulStage("fine");
        await Assert.ThrowsAsync<StageGraphException>(() => world.Graph.ReconfigureAsync(s => s
            .Insert("fine", () => made, "source").Insert("bad", () => throw new IOException("no room"), "left")));
        Assert.True(made.IsDisposed);
        Assert.Contains("no room", world.Graph.Revisions[^1].Error, StringComparison.Ordinal);
        await AssertGoesOn(world, sample, revision: 1);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task What_does_not_go_on_in_time_takes_the_change_back(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        using var world = new SeededWorld<TestBurst>(sample.Spec, 3);
        sample.LeftSink.Block();
        sample.Feed(30);
        world.Run();
        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(
            () => world.Reconfigure(s => s.Replace("left", () => new TestStage("left")), TimeSpan.FromMilliseconds(50)));
        string waited = hop == HopPolicy.Fused ? "what is in 'shard 0'" : "what 'left_sink' has from 'left'";
        Assert.Contains(waited, late.Message, StringComparison.Ordinal);
        GraphRevision attempt = world.Graph.Revisions[^1];
        Assert.Equal(ReconfigurationOutcome.RolledBack, attempt.Outcome);
        Assert.Equal(1, world.Graph.Revision);
        Assert.True(attempt.DrainedItems > 0);
        sample.LeftSink.Unblock();
        await AssertGoesOn(world, sample, revision: 1, fed: 30);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_cancelled_change_is_taken_back(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        using var world = new SeededWorld<TestBurst>(sample.Spec, 4);
        sample.TailSink.Block();
        sample.Feed(30);
        world.Run();
        using var cancel = new CancellationTokenSource();
        Task<GraphRevision> change = world.Graph.ReconfigureAsync(s => s.Remove("tail"), null, cancel.Token);
        world.Run();
        Assert.False(change.IsCompleted);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.Await(change));
        sample.TailSink.Unblock();
        await AssertGoesOn(world, sample, revision: 1, fed: 30);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task State_is_handed_over(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        StatefulStage first = new("count"), second = new("count");
        using var world = new SeededWorld<TestBurst>(sample.Spec.Insert("count", () => first, "source"), 5);
        sample.Feed(20);
        world.Step(100);
        await world.Reconfigure(s => s.Replace("count", () => second));
        Assert.True(first.IsDisposed);
        await AssertGoesOn(world, sample, revision: 2, fed: 20);
        Assert.Equal(40, second.Passed);
        Assert.InRange(first.Passed, 1, 39);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_stage_that_moves_to_another_block_stays_what_it_is(HopPolicy hop)
    {
        var sample = new SampleGraph(HopPolicy.Inline);
        int made = 0;
        StatefulStage count = new("count");
        using var world = new SeededWorld<TestBurst>(sample.Spec.Insert("count", () => (made++, count).count, "source"), 6);
        sample.Feed(20);
        world.Step(50);
        await world.Reconfigure(s => s with { Hop = hop, Preset = "other" });
        await AssertGoesOn(world, sample, revision: 2, fed: 20);
        Assert.Equal((1, 40, false), (made, count.Passed, count.IsDisposed));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_fault_in_the_hand_over_goes_back_to_the_old_stage(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        var old = new StatefulStage("count");
        using var world = new SeededWorld<TestBurst>(sample.Spec.Insert("count", () => old, "source"), 7);
        sample.Feed(20);
        world.Step(60);
        StatefulStage[] bad = [new("count") { FailsToRestore = new IOException("unreadable") },
            new("count") { FailsToAttach = new IOException("not now") }];
        foreach (StatefulStage stage in bad)
        {
            StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(
                () => world.Reconfigure(s => s.Replace("count", () => stage)));
            Assert.IsType<IOException>(error.InnerException);
            Assert.True(stage.IsDisposed);
            Assert.False(old.IsDisposed);
        }

        old.FailsToSave = new IOException("unwritable");
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s.Replace("count", () => new StatefulStage("count"))));
        Assert.All(world.Graph.Revisions.Skip(1), r => Assert.Equal(ReconfigurationOutcome.RolledBack, r.Outcome));
        await AssertGoesOn(world, sample, revision: 1, fed: 20);
        Assert.Equal(40, old.Passed);
    }

    [Fact]
    public async Task A_moved_stage_that_cannot_be_attached_goes_back_to_its_block()
    {
        var sample = new SampleGraph(HopPolicy.Inline);
        var moody = new StatefulStage("moody");
        using var world = new SeededWorld<TestBurst>(sample.Spec.Insert("moody", () => moody, "tail"), 8);
        sample.Feed(20);
        world.Step(40);
        moody.FailsToAttach = new IOException("not now");
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s with { Hop = HopPolicy.Queued }));
        await AssertGoesOn(world, sample, revision: 1, fed: 20);
    }

    [Fact]
    public async Task A_doorbell_cannot_be_led_to_a_stage_that_is_no_pump()
    {
        var sample = new SampleGraph();
        using var world = new SeededWorld<TestBurst>(sample.Spec, 10);
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(
            s => s with { Doorbells = s.Doorbells.Add(new DoorbellSpec(null, "tail", new Doorbell(1))) }));
        Assert.Contains("'tail' has no input, or has a doorbell, but is no pump", Assert.Single(error.Errors), StringComparison.Ordinal);
        await AssertGoesOn(world, sample, revision: 1);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task What_a_stage_holds_leaves_before_it_is_taken_out(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        StageGraphSpec<TestBurst> spec = sample.Spec.Insert("hold", () => new TestHolder("hold", long.MaxValue / 2), "source");
        using var world = new SeededWorld<TestBurst>(spec, 9);
        sample.Feed(20);
        world.Run();
        Assert.Equal(20, ((IHoldingStage<TestBurst>)world.Graph["hold"].Stage).Held.Bursts);
        GraphRevision revision = await world.Reconfigure(s => s.Remove("hold"));
        Assert.Equal(Enumerable.Range(0, 20).Sum(i => 1 + (i % 7)), revision.DrainedItems);
        sample.Feed(20, from: 20);
        world.Graph.Complete();
        world.Run();
        sample.AssertAllArrived(40);
    }

    [Theory] // Such as a rate limiter: it is not waited for.
    [MemberData(nameof(Hops))]
    public async Task What_a_stage_has_deferred_leaves_before_it_is_taken_out(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        var limiter = new TestStage("limit", (c, b) =>
        {
            if (c.IsEnding)
            {
                c.Emit(0, b);
                return;
            }

            c.Defer(b, BlockedReason.RateLimit);
        });
        using var world = new SeededWorld<TestBurst>(sample.Spec.Insert("limit", () => limiter, "source"), 9);
        sample.Feed(20);
        world.Run();
        Assert.True(world.Graph["limit"].IsBlocked);
        await world.Reconfigure(s => s.Remove("limit"));
        sample.Feed(20, from: 20);
        world.Graph.Complete();
        world.Run();
        sample.AssertAllArrived(40);
    }

    /// <summary>The graph works as if nothing had been asked of it.</summary>
    private static async Task AssertGoesOn(SeededWorld<TestBurst> world, SampleGraph sample, long revision, int fed = 0)
    {
        Assert.Equal(revision, world.Graph.Revision);
        sample.Feed(20, from: fed);
        world.Graph.Complete();
        world.Run();
        await world.Graph.Completion.Soon();
        sample.AssertAllArrived(fed + 20);
    }
}
