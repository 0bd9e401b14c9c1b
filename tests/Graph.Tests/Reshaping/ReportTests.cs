using System.Diagnostics;
using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Graph.Tests.Telemetry;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>A change is told in a span and in metrics; what stages counted goes on.</summary>
public sealed class ReportTests
{
    [Fact]
    public async Task A_span_tells_what_changed_and_how_it_ended()
    {
        using var spans = new CollectedSpans("spanned");
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec with { Name = "spanned" }, 1);
        await world.Reconfigure(s => s.Insert("tap", () => new TestStage("tap"), "source"));
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s.Resize("tap", 0)));
        Activity[] mine = spans.Ended;
        Assert.Equal(2, mine.Length);
        Assert.All(mine, s => Assert.Equal(SpanNames.GraphReconfigure, s.OperationName));
        Assert.Equal("applied", mine[0].GetTagItem(AttributeNames.ReconfigurationOutcome));
        Assert.Equal(1L, mine[0].GetTagItem(AttributeNames.GraphRevisionOld));
        Assert.Equal(2L, mine[0].GetTagItem(AttributeNames.GraphRevisionNew));
        Assert.StartsWith("add tap;", (string)mine[0].GetTagItem(AttributeNames.ReconfigurationDiff)!, StringComparison.Ordinal);
        Assert.Equal(0L, mine[0].GetTagItem(AttributeNames.ReconfigurationDrainedItems));
        Assert.True((double)mine[0].GetTagItem(AttributeNames.ReconfigurationPause)! > 0);
        Assert.Equal(ActivityStatusCode.Unset, mine[0].Status);
        Assert.Equal("rejected", mine[1].GetTagItem(AttributeNames.ReconfigurationOutcome));
        Assert.Equal(ActivityStatusCode.Error, mine[1].Status);
        Assert.Contains("capacity 0", mine[1].StatusDescription, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_nothing_is_not_exported()
    {
        using var spans = new CollectedSpans("unchanged");
        using var world = new SeededWorld<TestBurst>(new SampleGraph().Spec with { Name = "unchanged" }, 1);
        using Activity asked = new Activity("asked").Start();
        await world.Reconfigure(s => s);
        await world.Reconfigure(s => s.Resize("left", 3));
        Assert.Equal([false, true], spans.Under(asked).Select(s => s.Recorded));
    }

    [Fact]
    public async Task Changes_are_counted_by_their_outcome_and_timed()
    {
        using var metrics = new CollectedMetrics(device: "");
        var sample = new SampleGraph();
        using var world = new SeededWorld<TestBurst>(sample.Spec with { Name = "counted" }, 1);
        await world.Reconfigure(s => s.Resize("left", 3));
        await world.Reconfigure(s => s.Remove("left"));
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s.Resize("tail", 0)));
        sample.TailSink.Block();
        sample.Feed(20);
        world.Run();
        await Assert.ThrowsAsync<TimeoutException>(() => world.Reconfigure(s => s.Remove("tail"), TimeSpan.FromMilliseconds(20)));
        (string, object?) graph = (AttributeNames.GraphName, "counted");
        Assert.Equal(4, metrics.Count(MetricNames.GraphReconfigurationDuration, graph));
        metrics.Collect();
        Assert.Equal(2, metrics.Sum(MetricNames.GraphReconfigurations, graph, (AttributeNames.ReconfigurationOutcome, "applied")));
        Assert.Equal(1, metrics.Sum(MetricNames.GraphReconfigurations, graph, (AttributeNames.ReconfigurationOutcome, "rejected")));
        Assert.Equal(1, metrics.Sum(MetricNames.GraphReconfigurations, graph, (AttributeNames.ReconfigurationOutcome, "rolled_back")));
    }

    [Theory]
    [InlineData(HopPolicy.Inline)]
    [InlineData(HopPolicy.Fused)]
    public async Task What_was_counted_goes_on_where_a_stage_of_the_same_type_takes_over(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        StageGraphSpec<TestBurst> spec = sample.Spec.Insert("sieve", () => new TestStage("sieve", DropEven), "source");
        using var world = new SeededWorld<TestBurst>(spec, 1);
        sample.Feed(20);
        world.Run();
        long produced = world.Graph.EdgeFrom("left").Meter.ProducedBursts;
        await world.Reconfigure(s => s.Replace("left", () => new TestStage("left")));
        Assert.Equal(produced, world.Graph["left"].Meter.ConsumedBursts);
        Assert.Equal(produced, world.Graph.EdgeFrom("left").Meter.ProducedBursts);
        long dropped = world.Graph.Dropped(DropReason.InjectedFault);
        await world.Reconfigure(s => s.Remove("sieve"));
        Assert.Equal(dropped, world.Graph.Dropped(DropReason.InjectedFault));
    }

    private static void DropEven(IStageContext<TestBurst> context, TestBurst burst)
    {
        if (burst.Sequence % 2 == 0)
        {
            context.Dropped(DropReason.InjectedFault, burst.Count);
            burst.Release();
            return;
        }

        context.Emit(0, burst);
    }
}
