using System.Diagnostics;
using RdmaPipeline.Graph.Building;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>
/// Tells about one change in the list of revisions, in a span and in metrics, however it ends; from when it was asked for.
/// </summary>
internal sealed class EditReport<T>(
    GraphParts<T> running, RevisionHistory<T> history, string deviceName, ReconfigurationMeter meter) : IDisposable
    where T : class, IBurst
{
    private readonly Activity? _span = StartSpan();
    private readonly long _start = StageMeter.ReadClock();
    private GraphParts<T> _running = running;
    private string _diff = "an edit that had no turn";
    private long _number;
    private long _drained;
    private long _pauseTicks;

    /// <summary>The number of this attempt; taken when it is asked for first.</summary>
    public long Number => _number == 0 ? _number = history.TakeNumber() : _number;

    /// <summary>What is to change.</summary>
    public StageGraphDiff Diff { get; private set; } = null!;

    /// <summary>It is this change's turn.</summary>
    /// <param name="parts">The graph that it is to change.</param>
    public void TakeTurn(GraphParts<T> parts) => (_running, _diff) = (parts, "an edit that failed");

    public void Describe(StageGraphDiff diff)
    {
        Diff = diff;
        _diff = diff.ToString();
    }

    public void Measured(long drainedItems, long pauseTicks) => (_drained, _pauseTicks) = (drainedItems, pauseTicks);

    /// <summary>Nothing was to change, and so there is nothing to tell: the span is not for export.</summary>
    public void Forget()
    {
        if (_span is not null)
        {
            _span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }

    /// <summary>The change cannot be.</summary>
    public GraphRevision Rejected(Exception error) => Record(ReconfigurationOutcome.Rejected, error);

    public GraphRevision Applied(StageGraphSpec<T> spec) => Record(ReconfigurationOutcome.Applied, error: null, spec);

    /// <summary>The graph was paused, and goes on as it was.</summary>
    public GraphRevision Failed(Exception error) => Record(ReconfigurationOutcome.RolledBack, error);

    public void Dispose() => _span?.Dispose();

    // It ends on a thread of the graph: where it was asked for it would stay the current one for ever.
    private static Activity? StartSpan()
    {
        Activity? current = Activity.Current;
        Activity? span = RdmaPipelineTelemetry.Source.StartActivity(SpanNames.GraphReconfigure);
        Activity.Current = current;
        return span;
    }

    private GraphRevision Record(ReconfigurationOutcome outcome, Exception? error, StageGraphSpec<T>? applied = null)
    {
        var revision = new GraphRevision(
            Number, _running.Revision, _diff, outcome, StageMeter.ToTimeSpan(_pauseTicks), _drained, error?.Message);
        history.Add(revision, applied);
        meter.Record((int)outcome, StageMeter.ToTimeSpan(StageMeter.ReadClock() - _start));
        if (_span is { IsAllDataRequested: true })
        {
            _span.SetTag(AttributeNames.DeviceName, deviceName).SetTag(AttributeNames.GraphName, _running.Spec.Name)
                .SetTag(AttributeNames.GraphRevisionOld, _running.Revision).SetTag(AttributeNames.GraphRevisionNew, revision.Number)
                .SetTag(AttributeNames.ReconfigurationOutcome, ReconfigurationMeter.NameOf((int)outcome))
                .SetTag(AttributeNames.ReconfigurationDiff, _diff)
                .SetTag(AttributeNames.ReconfigurationDrainedItems, _drained)
                .SetTag(AttributeNames.ReconfigurationPause, revision.Pause.TotalSeconds);
            _span.SetStatus(error is null ? ActivityStatusCode.Unset : ActivityStatusCode.Error, error?.Message);
        }

        return revision;
    }
}
