using System.Diagnostics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>Listens, and keeps every span that ends.</summary>
internal sealed class SpanLog : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly List<Activity> _spans = [];

    public SpanLog()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RdmaPipelineTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (_spans)
                    _spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>All spans so far, in the order of their ends.</summary>
    public IReadOnlyList<Activity> All
    {
        get
        {
            lock (_spans)
                return [.. _spans];
        }
    }

    /// <summary>The spans of a device that are no stages.</summary>
    public IReadOnlyList<Activity> Of(string device, string prefix = "") => [.. All.Where(span =>
        Equals(span.GetTagItem(AttributeNames.DeviceName), $"fabric/{device}")
        && span.DisplayName.StartsWith(prefix, StringComparison.Ordinal))];

    /// <summary>Waits until so many spans have ended whose names begin so, and no more have.</summary>
    public bool Await(int count, string prefix)
    {
        SpinWait.SpinUntil(() => Count() >= count, TimeSpan.FromSeconds(30));
        return Count() == count;

        int Count() => All.Count(span => span.DisplayName.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>The one span of a device whose name begins so.</summary>
    public Activity Single(string device, string prefix) => Assert.Single(Of(device, prefix));

    /// <summary>The names of a span's children, by their beginning.</summary>
    public IReadOnlyList<string> Stages(Activity parent) => [.. Children(parent).Select(child => child.DisplayName)];

    public IEnumerable<Activity> Children(Activity parent) =>
        All.Where(span => span.ParentSpanId == parent.SpanId).OrderBy(span => span.StartTimeUtc);

    public void Dispose() => _listener.Dispose();
}
