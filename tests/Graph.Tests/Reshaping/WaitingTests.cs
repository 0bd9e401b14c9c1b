using System.Diagnostics;
using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Graph.Tests.Telemetry;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>A change that ends while it waits for its turn is told like any other.</summary>
public sealed class WaitingTests
{
    public enum Ending
    {
        Cancelled,
        TimedOut,
        GraphCompleted,
    }

    [Theory]
    [InlineData(Ending.Cancelled, typeof(OperationCanceledException), "was cancelled")]
    [InlineData(Ending.TimedOut, typeof(TimeoutException), "an earlier change has not ended within 00:00:00.0200000")]
    [InlineData(Ending.GraphCompleted, typeof(InvalidOperationException), "is ending and cannot be changed")]
    public async Task It_is_listed_traced_and_counted_as_rejected(Ending ending, Type expected, string message)
    {
        string name = $"waiting {ending}";
        using var metrics = new CollectedMetrics(device: "");
        using var spans = new CollectedSpans(name);
        var sample = new SampleGraph();
        using var world = new SeededWorld<TestBurst>(sample.Spec with { Name = name }, 1);
        Task<GraphRevision> earlier = BlockedChange.Begin(world, sample);
        using var cancel = new CancellationTokenSource();
        Task<GraphRevision> waiting = world.Graph.ReconfigureAsync(
            s => s.Resize("left", 9), ending == Ending.TimedOut ? TimeSpan.FromMilliseconds(20) : Timeout.InfiniteTimeSpan, cancel.Token);
        Assert.False(waiting.IsCompleted && ending != Ending.TimedOut);
        if (ending == Ending.Cancelled)
        {
            await cancel.CancelAsync();
        }
        else if (ending == Ending.GraphCompleted)
        {
            world.Graph.Complete();
        }

        Exception error = (await Record.ExceptionAsync(() => waiting.Soon()))!;
        Assert.IsAssignableFrom(expected, error);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        GraphRevision attempt = world.Graph.Revisions[^1];
        Assert.Equal(new GraphRevision(
            3, 1, "an edit that had no turn", ReconfigurationOutcome.Rejected, TimeSpan.Zero, 0, error.Message), attempt);
        AssertTold(metrics, Assert.Single(spans.Ended), name, attempt);

        sample.LeftSink.Unblock();
        world.Run();
        await Record.ExceptionAsync(() => world.Await(earlier));
        Assert.Equal([1, 2, 3], world.Graph.Revisions.Select(r => r.Number));
    }

    [Fact]
    public async Task The_one_it_waited_for_is_the_present_one_and_can_be_undone()
    {
        var sample = new SampleGraph();
        using var world = new SeededWorld<TestBurst>(sample.Spec, 2);
        Task<GraphRevision> earlier = BlockedChange.Begin(world, sample);
        using var cancel = new CancellationTokenSource();
        Task<GraphRevision> waiting = world.Graph.ReconfigureAsync(s => s.Remove("tail"), null, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.Soon());
        sample.LeftSink.Unblock();
        Assert.Equal(2, (await world.Await(earlier)).Number);
        Assert.Equal(2, world.Graph.Revision);
        await Assert.ThrowsAsync<ArgumentException>(() => world.Graph.RollbackAsync(3).Soon());
        GraphRevision undone = await world.Await(world.Graph.RollbackAsync());
        Assert.Equal((5, 2), (undone.Number, undone.Previous));
        Assert.Equal([1, 2, 3, 4, 5], world.Graph.Revisions.Select(r => r.Number));
    }

    [Fact]
    public async Task Its_wait_is_part_of_its_span_and_no_span_stays_current_where_it_was_asked_for()
    {
        using var spans = new CollectedSpans("current");
        var sample = new SampleGraph();
        using var world = new SeededWorld<TestBurst>(sample.Spec with { Name = "current" }, 3);
        Task<GraphRevision> earlier = BlockedChange.Begin(world, sample);
        Task<GraphRevision> waiting = world.Graph.ReconfigureAsync(s => s.Resize("left", 9));
        Assert.Null(Activity.Current);
        sample.LeftSink.Unblock();
        await world.Await(earlier);
        await world.Await(waiting);
        Assert.Null(Activity.Current);
        Activity[] ended = [.. spans.Ended.OrderBy(s => s.GetTagItem(AttributeNames.GraphRevisionNew))];
        Assert.Equal(2, ended.Length);
        Assert.True(ended[1].StartTimeUtc < ended[0].StartTimeUtc + ended[0].Duration);
        Assert.All(ended, s => Assert.Null(s.Parent));
    }

    private static void AssertTold(CollectedMetrics metrics, Activity span, string graph, GraphRevision attempt)
    {
        Assert.Equal(SpanNames.GraphReconfigure, span.OperationName);
        Assert.Equal("rejected", span.GetTagItem(AttributeNames.ReconfigurationOutcome));
        Assert.Equal((attempt.Previous, attempt.Number, attempt.Diff), (
            span.GetTagItem(AttributeNames.GraphRevisionOld), span.GetTagItem(AttributeNames.GraphRevisionNew),
            span.GetTagItem(AttributeNames.ReconfigurationDiff)));
        Assert.Equal((ActivityStatusCode.Error, attempt.Error), (span.Status, span.StatusDescription));
        (string, object?)[] tags = [(AttributeNames.GraphName, graph), (AttributeNames.ReconfigurationOutcome, "rejected")];
        Assert.Equal(1, metrics.Count(MetricNames.GraphReconfigurationDuration, tags));
        metrics.Collect();
        Assert.Equal(1, metrics.Sum(MetricNames.GraphReconfigurations, tags));
    }
}
