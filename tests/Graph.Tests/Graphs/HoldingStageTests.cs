using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Graphs;

/// <summary>Stages that keep bursts back: counted while they do, woken by the shard's time, never left behind.</summary>
public sealed class HoldingStageTests : IDisposable
{
    private readonly Doorbell _bell = new(100);
    private readonly TestServices _time = new();
    private readonly TestSink _sink = new();
    private readonly SeededShards _shards = new(1);
    private readonly List<(string Stage, Exception Exception)> _faults = [];
    private StageGraph<TestBurst> _graph = null!;

    public static TheoryData<HopPolicy> Hops => [HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused];

    public void Dispose() => _graph?.Dispose();

    [Theory]
    [MemberData(nameof(Hops))]
    public void What_is_held_is_counted_and_leaves_at_its_time(HopPolicy hop)
    {
        Build(hop, new TestHolder("middle", delay: 1000));
        Feed(3);
        Assert.Empty(_sink.Arrived);
        Assert.Empty(GraphLaws.Check(_graph));
        _time.AdvanceTo(999);
        Run();
        Assert.Empty(_sink.Arrived);
        _time.AdvanceTo(1000);
        Run();
        Assert.Equal([0, 1, 2], _sink.Arrived.Select(b => b.Sequence));
        Assert.Empty(GraphLaws.Check(_graph));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void A_stage_that_forgets_what_it_holds_breaks_the_law(HopPolicy hop)
    {
        var holder = new TestHolder("middle", delay: 1000);
        Build(hop, holder);
        Feed(3);
        Assert.True(holder.TryGiveBack(out _)); // the canary: nobody gets it
        Assert.Contains("2 held", Assert.Single(GraphLaws.Check(_graph)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void Completion_gives_out_what_is_held_in_order(HopPolicy hop)
    {
        Build(hop, new TestHolder("middle", delay: 1000));
        Feed(40);
        _sink.Block(); // it takes none: what is given out waits its turn
        _graph.Complete();
        Run();
        Assert.False(_graph.Completion.IsCompleted);
        Assert.Empty(GraphLaws.Check(_graph));
        _sink.Unblock();
        Run();
        Assert.True(_graph.Completion.IsCompletedSuccessfully);
        Assert.Equal(Enumerable.Range(0, 40), _sink.Arrived.Select(b => b.Sequence));
        Assert.Empty(GraphLaws.Check(_graph));
        Assert.Equal(0, _time.Set);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void What_one_gives_out_in_the_end_the_next_gives_out_too(HopPolicy hop)
    {
        StageGraphSpec<TestBurst> spec = Describe(hop, new TestHolder("middle", delay: 1000));
        Build(spec.Insert("next", () => new TestHolder("next", delay: 1000), "middle"));
        Feed(3);
        _graph.Complete();
        Run();
        Assert.True(_graph.Completion.IsCompletedSuccessfully);
        Assert.Equal([0, 1, 2], _sink.Arrived.Select(b => b.Sequence));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void A_fault_elsewhere_discards_what_is_held_and_counts_it(HopPolicy hop)
    {
        var holder = new TestHolder("middle", delay: 1000);
        Build(hop, holder);
        Feed(3);
        _graph.Fault(new InvalidOperationException("elsewhere"));
        Run();
        Assert.True(_graph.Completion.IsFaulted);
        Assert.Equal(0, holder.Held.Bursts);
        Assert.Equal(3, _graph["middle"].Meter.Dropped(DropReason.Reconfiguration));
        Assert.Empty(GraphLaws.Check(_graph));
        Assert.Equal(0, _time.Set);
    }

    [Theory] // Nobody hangs.
    [MemberData(nameof(Hops))]
    public void A_stage_that_gives_nothing_back_when_it_has_to_is_a_fault_that_says_so(HopPolicy hop)
    {
        Build(hop, new TestHolder("middle", delay: 1000) { IsMiser = true });
        Feed(3);
        _graph.Complete();
        Run();
        Assert.True(_graph.Completion.IsFaulted);
        Assert.Equal(
            "Stage 'middle' was told to complete, holds 3 bursts and gives none back.", Assert.Single(_faults).Exception.Message);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void The_time_of_a_deferral_counts_for_its_reason(HopPolicy hop)
    {
        bool waits = true;
        var limiter = new TestStage("middle", (c, b) =>
        {
            if (waits)
            {
                c.Defer(b, BlockedReason.RateLimit);
                return;
            }

            c.Emit(0, b);
        });
        Build(hop, limiter);
        Feed(2);
        StageMeter meter = _graph["middle"].Meter;
        SpinWait.SpinUntil(() => meter.BlockedTicksFor(BlockedReason.RateLimit) > 0);
        waits = false;
        limiter.Context.Wake();
        Run();
        Assert.Equal(2, _sink.Arrived.Count);
        Assert.Equal(meter.BlockedTicks, meter.BlockedTicksFor(BlockedReason.RateLimit));
        Assert.Equal(0, meter.BlockedTicksFor(BlockedReason.DownstreamFull));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void Completion_has_a_deferred_burst_tried_again(HopPolicy hop)
    {
        Build(hop, new TestStage("middle", (c, b) =>
        {
            if (c.IsEnding)
            {
                c.Emit(0, b);
                return;
            }

            c.Defer(b, BlockedReason.RateLimit);
        }));
        Feed(5);
        Assert.Empty(_sink.Arrived);
        _graph.Complete();
        Run();
        Assert.Equal([0, 1, 2, 3, 4], _sink.Arrived.Select(b => b.Sequence));
        Assert.True(_graph.Completion.IsCompletedSuccessfully);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public void Asking_for_time_where_there_is_none_is_a_fault_that_says_so(HopPolicy hop)
    {
        Build(hop, new TestStage("middle", (c, b) => c.WakeAt(1)), withTime: false);
        Feed(1);
        (string stage, Exception exception) = Assert.Single(_faults);
        Assert.Equal("middle", stage);
        Assert.Equal(
            "Stage 'middle' asks to be woken at a time, but its shard offers none: set ShardAssignment.Services.", exception.Message);
    }

    private void Build(HopPolicy hop, IStage<TestBurst> middle, bool withTime = true) => Build(Describe(hop, middle), withTime);

    private StageGraphSpec<TestBurst> Describe(HopPolicy hop, IStage<TestBurst> middle) =>
        new StageGraphBuilder<TestBurst>("g", hop: hop)
            .Source("pump", () => new TestPump("pump", _bell))
            .Stage(new StageSpec<TestBurst> { Name = "middle", Factory = () => middle, Capacity = 64 })
            .Stage(new StageSpec<TestBurst> { Name = "sink", Factory = () => _sink, Outputs = [], Capacity = 4 })
            .Edge("pump", "middle").Edge("middle", "sink")
            .Doorbell(null, "pump", _bell)
            .ToSpec();

    private void Build(StageGraphSpec<TestBurst> spec, bool withTime = true) =>
        _graph = StageGraph<TestBurst>.Build(spec, new StageGraphOptions
        {
            Shards = [new ShardAssignment(0, _shards.CreateScheduler("s")) { Services = withTime ? _time : null }],
            Faulted = (stage, e) => _faults.Add((stage, e)),
        });

    private void Feed(int bursts)
    {
        for (int i = 0; i < bursts; i++)
        {
            _bell.Ring(1);
        }

        Run();
    }

    private void Run() => Assert.True(_shards.RunUntilIdle(100_000), "The graph did not come to rest.");
}
