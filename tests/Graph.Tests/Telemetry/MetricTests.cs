using System.Diagnostics.Metrics;
using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.Graph.Tests.Telemetry;

public sealed class MetricTests
{
    [Fact]
    public void A_listener_sees_exactly_what_the_stages_counted()
    {
        using var metrics = new CollectedMetrics("exact");
        using StageGraph<TestBurst> graph = Play("exact", out SampleGraph sample);
        metrics.Collect();
        Assert.Equal(120, metrics.Sum(M.StageConsumedItems, (AttributeNames.StageName, "split")));
        Assert.Equal(30, metrics.Sum(M.StageConsumedBursts, (AttributeNames.StageName, "split")));
        Assert.Equal(120, metrics.Sum(M.StageProducedItems, (AttributeNames.StageName, "split")));
        Assert.Equal(120, metrics.Sum(M.StageCreatedItems, (AttributeNames.StageName, "source")));
        Assert.Equal(80, metrics.Sum(M.StageEndedItems, (AttributeNames.StageName, "left_sink")));
        Assert.Equal(40, metrics.Sum(M.StageDroppedItems, (AttributeNames.StageName, "right"), (AttributeNames.DropReason, "no_route")));
        Assert.Equal(0, metrics.Sum(M.StageConsumedItems, (AttributeNames.StageName, "split"), (AttributeNames.Outcome, "failure")));
        Assert.Equal(40, metrics.Sum(M.StageConsumedItems, (AttributeNames.StageName, "right"), (AttributeNames.Outcome, "failure")));
        Assert.Equal(0, metrics.Sum(M.StageConsumedItems, (AttributeNames.StageName, "right"), (AttributeNames.Outcome, "success")));
        Assert.Equal(9, metrics.Sum(M.GraphStageCount));
        Assert.Equal(1, metrics.Sum(M.GraphRevision, (AttributeNames.GraphName, "sample")));
        Assert.Equal(0, metrics.Sum(M.StageFaults));
        Assert.Equal(9, metrics.Count(M.StageBusyTime));
        Assert.Equal(9, metrics.Count(M.StageBlockedTime, (AttributeNames.BlockedReason, "downstream_full")));
        Assert.NotEmpty(sample.LeftSink.Arrived);
    }

    [Fact]
    public void Queues_and_refusals_are_told_per_edge()
    {
        using var metrics = new CollectedMetrics("queues");
        using StageGraph<TestBurst> graph = Play("queues", out _, blockLeft: true, bursts: 300);
        metrics.Collect();
        Edge<TestBurst> edge = graph.EdgeFrom("left");
        Assert.True(edge.Meter.Queued.Items > 0);
        Assert.Equal(edge.Meter.Queued.Items, metrics.Sum(M.StageQueueSize, (AttributeNames.LinkSource, "left.out")));
        Assert.Equal(edge.Capacity, metrics.Sum(M.StageQueueCapacity, (AttributeNames.LinkSource, "left.out")));
        Assert.Equal(edge.Meter.RefusedOffers, metrics.Sum(M.LinkRefusedOffers, (AttributeNames.LinkSource, "left.out")));
        Assert.True(edge.Meter.RefusedOffers > 0);
        Assert.True(metrics.Sum(M.StageBlockedTime, (AttributeNames.StageName, "left")) > 0);
    }

    [Fact]
    public void A_disposed_graph_publishes_what_it_counted_to_its_end_and_nothing_else()
    {
        using var metrics = new CollectedMetrics("gone");
        StageGraph<TestBurst> graph = Play("gone", out _);
        metrics.Collect();
        double consumed = metrics.Sum(M.StageConsumedItems);
        Assert.NotEqual(0, consumed);
        graph.Dispose();
        metrics.Collect();
        Assert.Equal(consumed, metrics.Sum(M.StageConsumedItems));
        Assert.All(
            MetricCatalogue.All.Where(m => m.Kind != MetricKind.Counter), m => Assert.Equal(0, metrics.Count(m.Name)));
    }

    [Fact]
    public void Timed_bursts_go_into_the_histogram_and_the_busy_time()
    {
        using var metrics = new CollectedMetrics("timed");
        using StageGraph<TestBurst> graph = Play("timed", out SampleGraph sample, bursts: 640, sourceName: "timed_source");
        Assert.Equal(640 / StageMeter.SampleInterval, metrics.Count(M.StageBurstSize, (AttributeNames.StageName, "timed_split")));
        Assert.Equal(640 / StageMeter.SampleInterval, metrics.Count(M.StageProcessDuration, (AttributeNames.StageName, "timed_split")));
        Assert.True(graph["timed_split"].Meter.BusyTicks > 0);
        Assert.NotEmpty(sample.LeftSink.Arrived);
    }

    [Fact]
    public void Every_instrument_is_in_the_catalogue_with_its_kind_and_unit()
    {
        using var metrics = new CollectedMetrics("catalogue");
        using StageGraph<TestBurst> graph = Play("catalogue", out _);
        metrics.Collect();
        MetricDescription[] published = [.. MetricCatalogue.All.Where(m => m.Scope == RdmaPipelineTelemetry.PipelineMeterName)];
        Assert.Equal(published.Select(m => m.Name).Order(), metrics.Instruments.Keys.Order());
        Assert.All(published, m =>
        {
            Instrument instrument = metrics.Instruments[m.Name];
            Assert.Equal(m.Unit, instrument.Unit);
            Assert.Equal(m.Description, instrument.Description);
            Assert.Equal(m.Kind, Kind(instrument));
            Assert.Equal(RdmaPipelineTelemetry.SchemaUrl, instrument.Meter.TelemetrySchemaUrl);
        });
        Assert.Equal(MetricCatalogue.All.Length, MetricCatalogue.All.Select(m => m.Name).Distinct().Count());
        Assert.All(MetricCatalogue.All, m => Assert.Matches("^rdma(\\.[a-z]+(_[a-z]+)*)+$", m.Name));
        Assert.Throws<ArgumentException>(() => MetricCatalogue.Find("rdma.unheard.of"));
    }

    [Fact]
    public void Drop_reasons_are_a_closed_list_of_snake_case_names()
    {
        DropReason[] all = Enum.GetValues<DropReason>();
        Assert.Equal(DropReasons.Count, all.Length);
        Assert.All(all, r => Assert.Equal(
            r.ToString().ToLowerInvariant(), DropReasons.Name(r).Replace("_", "", StringComparison.Ordinal)));
        Assert.Throws<ArgumentOutOfRangeException>(() => DropReasons.Name((DropReason)all.Length));
    }

    [Fact]
    public void Reasons_of_a_blockage_are_a_closed_list_of_snake_case_names()
    {
        BlockedReason[] all = Enum.GetValues<BlockedReason>();
        Assert.Equal(BlockedReasons.Count, all.Length);
        Assert.All(all, r => Assert.Equal(
            r.ToString().ToLowerInvariant(), BlockedReasons.Name(r).Replace("_", "", StringComparison.Ordinal)));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockedReasons.Name((BlockedReason)all.Length));
    }

    [Fact]
    public void Burst_sizes_fall_into_powers_of_two()
    {
        var meter = new StageMeter("s", "t");
        foreach (int size in new[] { 1, 2, 3, 4, 5, 8, 9, 64, 65, 5000 })
        {
            meter.CountConsumed(size);
        }

        Assert.Equal([1, 1, 2, 2, 1, 0, 1, 1, 0, 0, 0, 1], Enumerable.Range(0, StageMeter.BurstSizeBuckets).Select(meter.BurstsOfSize));
        Assert.Throws<ArgumentOutOfRangeException>(() => meter.BurstsOfSize(-1));
    }

    [Fact]
    public void A_running_blockage_is_in_the_blocked_time()
    {
        var meter = new StageMeter("s", "t");
        meter.EnterBlocked();
        long first = meter.BlockedTicks;
        SpinWait.SpinUntil(() => meter.BlockedTicks > first);
        meter.LeaveBlocked();
        long total = meter.BlockedTicks;
        Assert.True(total > first);
        Assert.Equal(total, meter.BlockedTicks);
    }

    private static MetricKind Kind(Instrument instrument) => instrument switch
    {
        ObservableCounter<long> or ObservableCounter<double> => MetricKind.Counter,
        ObservableUpDownCounter<long> => MetricKind.UpDownCounter,
        ObservableGauge<long> => MetricKind.Gauge,
        _ => MetricKind.Histogram,
    };

    private static StageGraph<TestBurst> Play(
        string device, out SampleGraph sample, bool blockLeft = false, int bursts = 30, string sourceName = "")
    {
        sample = new SampleGraph();
        StageGraphSpec<TestBurst> spec = sample.Spec;
        if (sourceName.Length > 0)
        {
            spec = Rename(spec, "split", "timed_split");
        }

        StageSpec<TestBurst> right = spec.Find("right")!;
        spec = spec with { Stages = spec.Stages.Replace(right, right with { Factory = DroppingStage }) };
        var shards = new SeededShards(1);
        var options = StageGraphOptions.On(shards.CreateScheduler("s")) with { DeviceName = device };
        StageGraph<TestBurst> graph = StageGraph<TestBurst>.Build(spec, options);
        if (blockLeft)
        {
            sample.LeftSink.Block();
        }

        for (int i = 0; i < bursts; i++)
        {
            sample.Requests.Ring(4);
        }

        Assert.True(shards.RunUntilIdle());
        return graph;
    }

    private static TestStage DroppingStage() => TestStage.Sink("right", (c, b) =>
    {
        c.Dropped(DropReason.NoRoute, b.Count);
        b.Release();
    });

    private static StageGraphSpec<TestBurst> Rename(StageGraphSpec<TestBurst> spec, string from, string to) => spec with
    {
        Stages = [.. spec.Stages.Select(s => s.Name == from ? s with { Name = to } : s)],
        Edges = [.. spec.Edges.Select(e => e with { From = e.From == from ? to : e.From, To = e.To == from ? to : e.To })],
    };
}
