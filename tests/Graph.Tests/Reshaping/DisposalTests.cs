using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Graph.Tests.Telemetry;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>Stages that were taken out are disposed beside the traffic, all of them, and what they throw is told.</summary>
public sealed class DisposalTests
{
    [Theory]
    [InlineData(HopPolicy.Inline)]
    [InlineData(HopPolicy.Queued)]
    [InlineData(HopPolicy.Fused)]
    public async Task Traffic_and_changes_go_on_while_a_stage_that_was_taken_out_is_being_disposed(HopPolicy hop)
    {
        using var shard = new TestShard();
        var sample = new SampleGraph(hop);
        var slow = new SlowStage("slow", shard.Scheduler);
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(
            sample.Spec.Insert("slow", () => slow, "source"), StageGraphOptions.On(shard.Scheduler));
        Task<GraphRevision> change = graph.ReconfigureAsync(s => s.Remove("slow"));
        await slow.Begun.Task.Soon();
        sample.Feed(500);
        Assert.Equal(3, (await graph.ReconfigureAsync(s => s.Resize("left", 7)).Soon()).Number);
        graph.Complete();
        await graph.Completion.Soon();
        sample.AssertAllArrived(500);
        Assert.False(change.IsCompleted);
        slow.MayEnd.Set();
        GraphRevision revision = await change.Soon();
        Assert.Equal((2, ReconfigurationOutcome.Applied, null), (revision.Number, revision.Outcome, revision.DisposalError));
        Assert.Equal((true, false), (slow.IsDisposed, slow.WasOnShard));
    }

    [Fact]
    public async Task The_end_of_a_graph_waits_for_what_changes_have_taken_out()
    {
        using var shard = new TestShard();
        var sample = new SampleGraph();
        SlowStage gone = new("gone", shard.Scheduler), last = new("last", shard.Scheduler);
        last.MayEnd.Set();
        StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(
            sample.Spec.Insert("gone", () => gone, "source").Insert("last", () => last, "source"), StageGraphOptions.On(shard.Scheduler));
        Task<GraphRevision> change = graph.ReconfigureAsync(s => s.Remove("gone"));
        await gone.Begun.Task.Soon();
        graph.Complete();
        await graph.Completion.Soon();
        Task disposing = Task.Run(graph.Dispose);
        await last.Begun.Task.Soon();
        Assert.False(disposing.IsCompleted);
        gone.MayEnd.Set();
        await disposing.Soon();
        Assert.True(gone.IsDisposed && last.IsDisposed);
        await change.Soon();
    }

    [Theory] // Seeded: on the shard, so that a seed replays; with threads: beside it.
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_they_throw_is_counted_and_listed_and_the_change_is_applied_all_the_same(bool isSeeded)
    {
        string name = isSeeded ? "disposed_seeded" : "disposed";
        using var metrics = new CollectedMetrics(device: "");
        using var shard = new TestShard();
        var sample = new SampleGraph();
        SlowStage first = new("first", shard.Scheduler), second = new("second", shard.Scheduler);
        (first.Failure, second.Failure) = (new IOException("no room"), new TimeoutException("no time"));
        first.MayEnd.Set();
        second.MayEnd.Set();
        StageGraphSpec<TestBurst> spec =
            sample.Spec.Insert("first", () => first, "source").Insert("second", () => second, "source") with { Name = name };
        var shards = new SeededShards(1);
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(
            spec, StageGraphOptions.On(isSeeded ? shards.CreateScheduler("seeded") : shard.Scheduler));
        Task<GraphRevision> change = graph.ReconfigureAsync(s => s.Remove("first").Remove("second"));
        shards.RunUntilIdle();
        GraphRevision revision = await change.Soon();
        Assert.Equal(2, graph.Revision);
        Assert.Equal(ReconfigurationOutcome.Applied, revision.Outcome);
        Assert.Contains("Stage 'first' could not be disposed: no room", revision.DisposalError, StringComparison.Ordinal);
        Assert.Contains("Stage 'second' could not be disposed: no time", revision.DisposalError, StringComparison.Ordinal);
        Assert.Equal(revision, graph.Revisions[^1]);
        Assert.EndsWith(revision.DisposalError!, revision.ToString(), StringComparison.Ordinal);
        metrics.Collect();
        (string, object?) graphName = (AttributeNames.GraphName, name);
        (string, object?) type = (AttributeNames.ErrorType, typeof(IOException).FullName);
        Assert.Equal(2, metrics.Sum(MetricNames.GraphDisposalFaults, graphName));
        Assert.Equal(1, metrics.Sum(MetricNames.GraphDisposalFaults, graphName, type));
        graph.Complete();
        shards.RunUntilIdle();
        await graph.Completion.Soon();
    }

    [Fact]
    public async Task A_stage_of_a_refused_change_that_cannot_be_disposed_hides_no_reason_and_stops_no_later_change()
    {
        using var shard = new TestShard();
        var sample = new SampleGraph();
        var made = new SlowStage("made", shard.Scheduler) { Failure = new IOException("no room") };
        made.MayEnd.Set();
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(sample.Spec, StageGraphOptions.On(shard.Scheduler));
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(() => graph.ReconfigureAsync(s => s
            .Insert("made", () => made, "source").Insert("bad", () => throw new TimeoutException("too late"), "left")).Soon());
        Assert.Equal("The factory of stage 'bad' failed: too late", Assert.Single(error.Errors));
        Assert.Equal("Stage 'made' could not be disposed: no room", graph.Revisions[^1].DisposalError);
        Assert.Equal(3, (await graph.ReconfigureAsync(s => s.Resize("left", 7)).Soon()).Number);
        graph.Complete();
        await graph.Completion.Soon();
    }

    [Fact]
    public async Task A_refused_change_disposes_no_stage_that_is_in_use()
    {
        var sample = new SampleGraph();
        var used = new StatefulStage("used");
        using var world = new SeededWorld<TestBurst>(sample.Spec.Insert("used", () => used, "source"), 1);
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s
            .Replace("used", () => used).Insert("bad", () => throw new TimeoutException("too late"), "left")));
        Assert.False(used.IsDisposed);
        world.Graph.Complete();
        world.Run();
    }

    private sealed class SlowStage(string name, ShardScheduler shard) : IStage<TestBurst>, IDisposable
    {
        private IStageContext<TestBurst> _context = null!;

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim MayEnd { get; } = new();

        public Exception? Failure { get; set; }

        public bool WasOnShard { get; private set; }

        public bool IsDisposed { get; private set; }

        public string Name => name;

        public IReadOnlyList<string> Outputs => ["out"];

        public void Attach(IStageContext<TestBurst> context) => _context = context;

        public void Process(TestBurst burst) => _context.Emit(0, burst);

        public void Dispose()
        {
            WasOnShard = shard.IsShardThread;
            Begun.TrySetResult();
            MayEnd.Wait();
            IsDisposed = true;
            if (Failure is { } failure)
            {
                throw failure;
            }
        }
    }
}
