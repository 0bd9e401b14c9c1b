using System.Collections.Concurrent;
using System.Diagnostics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Telemetry;

/// <summary>The spans of one graph that have ended; other tests change graphs meanwhile.</summary>
public sealed class CollectedSpans : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;
    private readonly string _graph;

    public CollectedSpans(string graph)
    {
        _graph = graph;
        _listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == RdmaPipelineTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public Activity[] Ended => [.. _ended.Where(s => Equals(s.GetTagItem(AttributeNames.GraphName), _graph))];

    /// <summary>Those of any graph that were asked for under a span.</summary>
    public Activity[] Under(Activity parent) => [.. _ended.Where(s => s.ParentSpanId == parent.SpanId)];

    public void Dispose() => _listener.Dispose();
}
