using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>Each step of a change fails in turn: the old graph goes on, nothing is lost, and words say what it was.</summary>
public sealed class FailingStepTests
{
    public static TheoryData<HopPolicy, int, string> Steps
    {
        get
        {
            var data = new TheoryData<HopPolicy, int, string>();
            foreach (HopPolicy hop in Enum.GetValues<HopPolicy>())
            {
                foreach (string step in Enum.GetNames<EditStep>())
                {
                    data.Add(hop, 1, step);
                    if (hop != HopPolicy.Fused)
                    {
                        data.Add(hop, 2, step);
                    }
                }
            }

            return data;
        }
    }

    [Theory] // Each time that a step is taken it fails once, until there is no such time and the change is applied.
    [MemberData(nameof(Steps))]
    public async Task Whichever_step_fails_the_graph_goes_on_as_it_was(HopPolicy hop, int shards, string name)
    {
        EditStep step = Enum.Parse<EditStep>(name);
        for (int time = 1; ; time++)
        {
            var sample = new SampleGraph(hop);
            int left = time;
            using var world = new SeededWorld<TestBurst>(
                shards == 1 ? sample.Spec : sample.SpecOnTwoShards,
                (ulong)time,
                taken =>
                {
                    if (taken == step && --left == 0)
                    {
                        throw new IOException("a failure made up");
                    }
                });
            sample.Feed(20);
            world.Step(40);
            Exception? error = await Record.ExceptionAsync(() => world.Reconfigure(Edit));
            sample.Feed(20, from: 20);
            world.Step(60);
            if (error is null)
            {
                Assert.True(time > 1 || (hop == HopPolicy.Fused && step == EditStep.Pause), "The step was never taken.");
                await AssertWhole(world, sample, applied: true);
                return;
            }

            AssertTold(world.Graph, error, step);
            await AssertWhole(world, sample, applied: false);
        }
    }

    [Theory] // As the owner of a graph may: a device looks its stages up there.
    [InlineData(HopPolicy.Inline)]
    [InlineData(HopPolicy.Queued)]
    [InlineData(HopPolicy.Fused)]
    public async Task An_owner_that_cannot_take_the_new_stages_gets_the_old_ones_back(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        int calls = 0;
        using var world = new SeededWorld<TestBurst>(sample.Spec, 3, relinked: _ =>
        {
            if (++calls == 1)
            {
                throw new IOException("no such stage here");
            }
        });
        sample.Feed(40);
        world.Step(50);
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(Edit));
        Assert.Contains("no such stage here", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, calls);
        await AssertWhole(world, sample, applied: false);
    }

    [Fact]
    public async Task What_old_stages_dropped_counts_once_when_a_change_is_undone()
    {
        var sample = new SampleGraph();
        StageGraphSpec<TestBurst> spec = sample.Spec.Insert("sieve", () => new TestStage("sieve", (c, b) =>
        {
            c.Dropped(DropReason.InjectedFault, b.Count);
            b.Release();
        }), "source");
        using var world = new SeededWorld<TestBurst>(spec, 1, relinked: _ => throw new IOException("no"));
        sample.Feed(20);
        world.Run();
        long dropped = world.Graph.Dropped(DropReason.InjectedFault);
        Assert.True(dropped > 0);
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s.Remove("sieve")));
        Assert.Equal(dropped, world.Graph.Dropped(DropReason.InjectedFault));
        Assert.Equal(StageGraphState.Faulted, world.Graph.State); // the owner took the old stages back no more than the new ones
    }

    [Fact]
    public async Task A_stage_that_cannot_come_back_to_its_block_faults_the_graph_and_nobody_waits_for_ever()
    {
        var sample = new SampleGraph(HopPolicy.Inline);
        var moody = new MoodyStage("moody");
        using var world = new SeededWorld<TestBurst>(sample.Spec.Insert("moody", () => moody, "tail"), 8);
        moody.IsMoody = true;
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s with { Hop = HopPolicy.Queued }));
        Assert.Equal("moody", Assert.Single(world.Faults).Stage);
        world.Run();
        await Assert.ThrowsAsync<IOException>(() => world.Graph.Completion.Soon());
        InvalidOperationException next = await Assert.ThrowsAsync<InvalidOperationException>(
            () => world.Reconfigure(s => s.Remove("moody")));
        Assert.Equal("Graph 'sample' has faulted in 'moody': not now", next.Message);
    }

    [Theory] // Found by fuzzing: a block that the fault had ended while it was out of the graph was waited for when it came back.
    [InlineData(HopPolicy.Inline)]
    [InlineData(HopPolicy.Queued)]
    public async Task A_graph_that_faults_while_a_change_fails_ends(HopPolicy hop)
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            StageGraph<TestBurst>? graph = null;
            using var world = new SeededWorld<TestBurst>(new SampleGraph(hop).SpecOnTwoShards, seed, taken =>
            {
                if (taken == EditStep.Swap)
                {
                    graph!.Fault(new TimeoutException("a fault made up"));
                }

                if (taken == EditStep.Resume)
                {
                    throw new IOException("a failure made up");
                }
            });
            graph = world.Graph;
            StageGraphException refused = await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(Edit));
            Assert.Contains("a failure made up", refused.Message, StringComparison.Ordinal);
            world.Run();
            await Assert.ThrowsAsync<TimeoutException>(() => graph.Completion.Soon());
        }
    }

    [Fact] // Found by fuzzing: what new stages had dropped before the exchange was taken off what had been dropped before.
    public async Task What_a_faulted_graph_drops_in_the_middle_of_a_change_is_counted()
    {
        for (ulong seed = 1; seed <= 200; seed++)
        {
            StageGraph<TestBurst>? graph = null;
            var sample = new SampleGraph(HopPolicy.Queued);
            using var world = new SeededWorld<TestBurst>(sample.SpecOnTwoShards, seed, taken =>
            {
                if (taken == EditStep.Swap)
                {
                    graph!.Fault(new TimeoutException("a fault made up"));
                }
            });
            graph = world.Graph;
            sample.Feed(40);
            world.Step((int)seed);
            await world.Reconfigure(s => s.Insert("extra", () => new TestStage("extra"), "source"));
            world.Run();
            await Assert.ThrowsAsync<TimeoutException>(() => graph.Completion.Soon());
            StageMeter[] meters = [.. graph.Stages.Select(host => host.Meter)];
            Assert.Equal(
                meters.Sum(m => m.CreatedItems) - meters.Sum(m => m.EndedItems),
                Enum.GetValues<DropReason>().Sum(graph.Dropped));
        }
    }

    [Theory] // The owner has changed one driver and cannot change the other.
    [InlineData(false, "Completed")]
    [InlineData(true, "Faulted")]
    public async Task A_driver_that_cannot_be_changed_takes_the_change_back_or_ends_the_graph(bool isStuck, string state)
    {
        var sample = new SampleGraph();
        var drivers = new Dictionary<int, ShardDriverKind> { [0] = ShardDriverKind.Hybrid, [1] = ShardDriverKind.Hybrid };
        var shards = new SeededShards(1);
        StageGraphSpec<TestBurst> spec = sample.SpecOnTwoShards.Drive(0, ShardDriverKind.Hybrid).Drive(1, ShardDriverKind.Hybrid);
        using StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(spec, new StageGraphOptions
        {
            Shards = [.. drivers.Keys.Select(n => new ShardAssignment(n, shards.CreateScheduler($"shard {n}")))],
            ChangeDriver = (shard, kind) =>
            {
                bool fails = isStuck ? shard == 1 || kind == ShardDriverKind.Hybrid : shard == 1 && kind != ShardDriverKind.Hybrid;
                drivers[shard] = fails ? throw new IOException("no thread") : kind;
                return Task.CompletedTask;
            },
        });
        Task<GraphRevision> change = graph.ReconfigureAsync(
            s => s.Drive(0, ShardDriverKind.Polling).Drive(1, ShardDriverKind.Dedicated).Remove("left"));
        shards.RunUntilIdle();
        StageGraphException error = await Assert.ThrowsAsync<StageGraphException>(() => change.Soon());
        Assert.Equal("Shard 1 could not be given the driver Dedicated: no thread", Assert.Single(error.Errors));
        Assert.Equal(isStuck ? ShardDriverKind.Polling : ShardDriverKind.Hybrid, drivers[0]);
        sample.Feed(20);
        graph.Complete();
        shards.RunUntilIdle();
        Assert.Equal(state, graph.State.ToString());
        if (!isStuck)
        {
            sample.AssertAllArrived(20);
        }
    }

    [Theory] // An exception of a stage, in whatever call, is the stage's and not that of the thread that drives the shard.
    [InlineData(HopPolicy.Inline)]
    [InlineData(HopPolicy.Queued)]
    [InlineData(HopPolicy.Fused)]
    public async Task A_holder_that_throws_while_it_is_drained_faults_the_graph_with_its_name(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        StageGraphSpec<TestBurst> spec = sample.Spec.Insert(
            "hold", () => new TestHolder("hold", long.MaxValue / 2) { FailsToGiveBack = new IOException("lost the key") }, "source");
        using var world = new SeededWorld<TestBurst>(spec, 9);
        sample.Feed(20);
        world.Run();
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Reconfigure(s => s.Remove("hold")));
        Assert.Equal("hold", Assert.Single(world.Faults).Stage);
        world.Run();
        await Assert.ThrowsAsync<IOException>(() => world.Graph.Completion.Soon());
    }

    // A stage put in, one replaced, one taken out, an edge resized: something at every kind of place.
    private static StageGraphSpec<TestBurst> Edit(StageGraphSpec<TestBurst> spec) => spec
        .Insert("new", () => new TestStage("new"), "source").Replace("tail", () => new TestStage("tail")).Remove("left").Resize("split", 9);

    private static void AssertTold(StageGraph<TestBurst> graph, Exception error, EditStep step)
    {
        StageGraphException told = Assert.IsType<StageGraphException>(error);
        string begin = $"Graph 'sample' was not changed{(step == EditStep.Build ? "" : " and goes on as it was")}: ";
        Assert.StartsWith(begin, told.Message, StringComparison.Ordinal);
        Assert.EndsWith(": a failure made up", Assert.Single(told.Errors), StringComparison.Ordinal);
        Assert.IsType<IOException>(told.InnerException);
        Assert.True(told.IsChange);
        GraphRevision attempt = graph.Revisions[^1];
        Assert.Equal(step == EditStep.Build ? ReconfigurationOutcome.Rejected : ReconfigurationOutcome.RolledBack, attempt.Outcome);
        Assert.Equal(told.Message, attempt.Error);
        Assert.Equal((2, 1), (attempt.Number, attempt.Previous));
    }

    private static async Task AssertWhole(SeededWorld<TestBurst> world, SampleGraph sample, bool applied)
    {
        StageGraph<TestBurst> graph = world.Graph;
        Assert.Equal(applied ? 2 : 1, graph.Revision);
        Assert.Equal(applied, graph.Describe().Stages.Any(s => s.Name == "new"));
        Assert.Equal(applied, graph.Describe().Stages.All(s => s.Name != "left"));
        Assert.Equal(applied ? 9 : 4, graph.EdgeFrom(applied ? "new" : "source").Capacity);
        Assert.Equal(graph.Spec.Stages.Select(s => s.Name), graph.Describe().Stages.Select(s => s.Name));
        if (!applied)
        {
            // And can be changed again.
            await world.Reconfigure(s => s.Resize("left", 3));
        }

        graph.Complete();
        world.Run();
        await graph.Completion.Soon();
        sample.AssertAllArrived(40);
    }

    private sealed class MoodyStage(string name) : IStage<TestBurst>
    {
        private IStageContext<TestBurst> _context = null!;

        public bool IsMoody { get; set; }

        public string Name => name;

        public IReadOnlyList<string> Outputs => ["out"];

        public void Attach(IStageContext<TestBurst> context) => _context = IsMoody ? throw new IOException("not now") : context;

        public void Process(TestBurst burst) => _context.Emit(0, burst);
    }
}
