using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Graphs;

public sealed class ValidatorTests
{
    private static readonly Func<IStage<TestBurst>> s_pass = () => new TestStage("x");

    [Fact]
    public void The_sample_is_valid() => Assert.Empty(StageGraphValidator.Validate(new SampleGraph().Spec));

    [Fact]
    public void All_errors_come_together()
    {
        StageGraphSpec<TestBurst> spec = new StageGraphBuilder<TestBurst>("g")
            .Stage("a", s_pass).Stage("a", s_pass)
            .Stage(new StageSpec<TestBurst> { Name = "b", Factory = s_pass, Capacity = 0, Outputs = ["x", "x"] })
            .Edge("a", "nowhere").Edge("ghost", "b").Edge("b", "a", "y").Edge("b", "a", "x", "side").Edge("a", "b", capacity: -1)
            .ToSpec();
        var e = Assert.Throws<StageGraphException>(() => StageGraph<TestBurst>.Build(spec, StageGraphOptions.On(new ShardScheduler())));
        Assert.Contains("Two stages are named 'a'.", e.Errors);
        Assert.Contains("Stage 'b' has capacity 0; it must be 1 to 4096 bursts.", e.Errors);
        Assert.Contains("Stage 'b' names its port 'x' twice.", e.Errors);
        Assert.Contains("Edge a.out → nowhere.in ends at 'nowhere', which is no stage.", e.Errors);
        Assert.Contains("Edge ghost.out → b.in starts at 'ghost', which is no stage.", e.Errors);
        Assert.Contains("Edge b.y → a.in starts at output 'y', but 'b' has the outputs 'x', 'x'.", e.Errors);
        Assert.Contains("Edge b.x → a.side ends at input 'side', but 'a' has only the input 'in'.", e.Errors);
        Assert.Contains("Edge a.out → b.in has capacity -1; it must be 1 to 4096 bursts.", e.Errors);
        Assert.Contains("Output 'out' of 'a' leads to 2 places; put a stage with one output for each between.", e.Errors);
        Assert.All(e.Errors, error => Assert.Contains(error, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Dangling_ports_are_named()
    {
        StageGraphSpec<TestBurst> spec = new StageGraphBuilder<TestBurst>("g").Stage("a", s_pass).ToSpec();
        AssertErrors(["Output 'out' of 'a' leads nowhere.", "Nothing leads to input 'in' of 'a'."], StageGraphValidator.Validate(spec));
    }

    [Fact]
    public void What_no_description_may_hold_is_told_with_what_it_may()
    {
        StageGraphSpec<TestBurst> spec = new StageGraphBuilder<TestBurst>("g").ToSpec() with
        {
            Hop = (HopPolicy)9,
            Stages = [new StageSpec<TestBurst> { Name = "a", Factory = s_pass, Inputs = [], Outputs = [], Hop = (HopPolicy)8 }],
        };
        AssertErrors(
            ["Bursts of the graph hop 9; it must be one of Inline, Queued, Fused.",
                "Bursts hop into stage 'a' by 8; it must be one of Inline, Queued, Fused."],
            StageGraphValidator.Validate(spec));
        spec = spec.Drive(0, (ShardDriverKind)7);
        Assert.Contains(
            "The driver of shard 0 is 7; it must be one of Hybrid, Dedicated, Polling, Seeded.",
            StageGraphValidator.Validate(spec, StageGraphOptions.On(new ShardScheduler())));
    }

    [Fact]
    public async Task What_is_null_is_told_before_anything_else_is_looked_at()
    {
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec, 1);
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(
            s => s with { Stages = s.Stages.Add(null!), Edges = s.Edges.Add(null!).Add(null!), Doorbells = s.Doorbells.Add(null!) }));
        AssertErrors(
            ["Of the stages of the description 1 are null.", "Of the edges of the description 2 are null.",
                "Of the doorbells of the description 1 are null."],
            error.Errors);
        Assert.Equal(ReconfigurationOutcome.Rejected, world.Graph.Revisions[^1].Outcome);
    }

    [Fact] // found by fuzzing
    public void An_array_that_was_never_set_counts_as_empty()
    {
        var spec = new StageGraphSpec<TestBurst> { Name = "g", Stages = default, Edges = default, Doorbells = default };
        AssertErrors(["The graph has no stages."], StageGraphValidator.Validate(spec));
        spec = spec with { Stages = [new StageSpec<TestBurst> { Name = "a", Factory = s_pass, Inputs = default, Outputs = default }] };
        Assert.Empty(StageGraphValidator.Validate(spec));
    }

    [Fact] // found by fuzzing
    public void Nothing_is_put_into_an_edge_that_ends_nowhere()
    {
        StageGraphSpec<TestBurst> spec = new StageGraphBuilder<TestBurst>("g").Stage("a", s_pass).Edge("a", "ghost").ToSpec();
        spec = spec.InsertAfter("a", new StageSpec<TestBurst> { Name = "b", Factory = s_pass });
        AssertErrors(["'b' cannot be inserted: edge a.out → ghost.in ends at 'ghost', which is no stage."], spec.EditErrors);
    }

    [Fact]
    public async Task A_stage_stands_in_one_place()
    {
        var one = new TestStage("one");
        StageGraphSpec<TestBurst> spec = new SampleGraph().Spec;
        StageGraphSpec<TestBurst> twice = spec.Insert("one", () => one, "source").Insert("two", () => one, "left");
        var options = StageGraphOptions.On(new ShardScheduler());
        var built = Assert.Throws<StageGraphException>(() => StageGraph<TestBurst>.Build(twice, options));
        AssertErrors(["Stages 'one' and 'two' are the same object; each needs one of its own."], built.Errors);

        using var world = new SeededWorld<TestBurst>(spec, 1);
        await world.Reconfigure(s => s.Insert("one", () => one, "source"));
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(
            () => world.Reconfigure(s => s.Insert("two", () => one, "left")));
        Assert.Equal(built.Errors.AsEnumerable(), error.Errors.AsEnumerable());
        await world.Reconfigure(s => s.Remove("one"));
        await world.Reconfigure(s => s.Insert("two", () => one, "left"));
        Assert.Equal("two", world.Graph.Stages.Single(host => host.Stage == one).Name);
    }

    [Fact]
    public void A_cycle_of_data_edges_is_named()
    {
        StageGraphSpec<TestBurst> spec = new StageGraphBuilder<TestBurst>("g")
            .Stage("a", s_pass).Stage("b", s_pass).Stage("c", s_pass).Edge("a", "b").Edge("b", "c").Edge("c", "a").ToSpec();
        string error = Assert.Single(StageGraphValidator.Validate(spec));
        Assert.Contains("The data edges form a cycle: a → b → c → a.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_doorbell_may_lead_back_by_a_pump_but_not_in_a_circle()
    {
        var bell = new Doorbell(1);
        StageGraphBuilder<TestBurst> graph = new StageGraphBuilder<TestBurst>("g")
            .Source("pump", s_pass).Sink("sink", s_pass).Edge("pump", "sink");
        Assert.Empty(StageGraphValidator.Validate(graph.ToSpec()));
        string error = Assert.Single(StageGraphValidator.Validate(graph.Doorbell("sink", "pump", bell).ToSpec()));
        Assert.Contains("pump → sink → pump", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Doorbells_need_stages_and_one_listener()
    {
        var bell = new Doorbell(1);
        StageGraphSpec<TestBurst> spec = new StageGraphBuilder<TestBurst>("g").Source("p", s_pass).Sink("s", s_pass).Edge("p", "s")
            .Doorbell("ghost", "p", bell).Doorbell(null, "s", bell).Doorbell(null, "nobody", new Doorbell(1)).ToSpec();
        AssertErrors(
            [
                "A doorbell is rung by 'ghost', which is no stage.",
                "A doorbell wakes 'nobody', which is no stage.",
                "One doorbell wakes several stages: 'p', 's'.",
            ],
            StageGraphValidator.Validate(spec));
    }

    [Fact]
    public void A_shard_has_one_scheduler_and_a_scheduler_one_shard()
    {
        StageGraphSpec<TestBurst> spec = new SampleGraph().Spec;
        spec = spec with { Stages = spec.Stages.SetItem(0, spec.Stages[0] with { Shard = 7 }) };
        var one = new ShardScheduler("one");
        var options = new StageGraphOptions { Shards = [new(0, one), new(0, new ShardScheduler("two")), new(1, one)] };
        AssertErrors(
            ["Shard 0 has 2 schedulers; it takes exactly one.", "Scheduler 'one' runs several shards: 0, 1.", "Shard 7 has no scheduler."],
            StageGraphValidator.Validate(spec, options));
    }

    [Fact]
    public void A_shard_is_fused_as_a_whole_and_stands_alone()
    {
        StageGraphSpec<TestBurst> spec = new SampleGraph(HopPolicy.Fused).Spec;
        spec = spec with
        {
            Stages = spec.Stages.SetItem(1, spec.Stages[1] with { Hop = HopPolicy.Queued }).SetItem(4, spec.Stages[4] with { Shard = 1 }),
        };
        var options = new StageGraphOptions { Shards = [new(0, new ShardScheduler()), new(1, new ShardScheduler())] };
        AssertErrors(
            [
                "Stage 'split' is Queued but its shard 0 is fused; a shard is fused as a whole.",
                "Edge left.out → left_sink.in connects a fused shard with another one; fuse neither.",
            ],
            StageGraphValidator.Validate(spec, options));
    }

    [Fact]
    public void What_the_factories_make_must_be_what_the_description_says()
    {
        using var disposed = new DisposableStage();
        StageGraphSpec<TestBurst> spec = new StageGraphBuilder<TestBurst>("g")
            .Source("a", () => new TestStage("a"))
            .Stage("b", () => throw new InvalidOperationException("no room"))
            .Stage("c", () => new TestStage("c", null, "left", "right"))
            .Stage("d", () => null!)
            .Sink("e", () => disposed)
            .Edge("a", "b").Edge("b", "c").Edge("c", "d").Edge("d", "e").ToSpec();
        var e = Assert.Throws<StageGraphException>(() => StageGraph<TestBurst>.Build(spec, StageGraphOptions.On(new ShardScheduler())));
        AssertErrors(
            [
                "Stage 'a' has no input, or has a doorbell, but is no pump: nothing would ever run it.",
                "The factory of stage 'b' failed: no room",
                "Stage 'c' is described with outputs [out] but has [left, right].",
                "The factory of stage 'd' gave null.",
            ],
            e.Errors);
        Assert.Equal("no room", e.InnerException!.Message);
        Assert.True(disposed.IsDisposed);
    }

    [Fact]
    public void A_block_of_its_own_needs_room_and_a_policy()
    {
        var factory = new BlockFactory((_, _) => { });
        var options = new StageBlockOptions { Scheduler = new ShardScheduler() };
        Assert.Throws<ArgumentOutOfRangeException>(() => factory.Create(new TestStage("x"), options with { Capacity = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => factory.Create(new TestStage("x"), options with { Hop = HopPolicy.Fused }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Doorbell(0));
    }

    private static void AssertErrors(string[] expected, IEnumerable<string> errors) => Assert.Equal(expected, errors);

    private sealed class DisposableStage : IStage<TestBurst>, IDisposable
    {
        public bool IsDisposed { get; private set; }

        public string Name => "e";

        public IReadOnlyList<string> Outputs => [];

        public void Attach(IStageContext<TestBurst> context)
        {
        }

        public void Process(TestBurst burst) => burst.Release();

        public void Dispose() => IsDisposed = true;
    }
}
