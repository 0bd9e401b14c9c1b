using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// A histogram of durations that measures the first and then one in <see cref="StageMeter.SampleInterval"/>, and reads a clock for no
/// other and while nobody listens for none. Used by one thread at a time.
/// </summary>
public sealed class SampledDurations
{
    private readonly Histogram<double> _histogram;
    private readonly TagList _tags;
    private SampleTurns _turns;

    /// <summary>Makes a sampler.</summary>
    /// <param name="histogram">Where the durations go.</param>
    /// <param name="tags">All attributes.</param>
    public SampledDurations(Histogram<double> histogram, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        (_histogram, _tags) = (histogram, new TagList(tags));
    }

    /// <summary>What is measured begins.</summary>
    /// <returns>To be given to <see cref="End"/>; 0 when this one is not measured.</returns>
    public long Begin() => _turns.IsNextTaken() && _histogram.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>It ends.</summary>
    /// <param name="begun">What <see cref="Begin"/> gave.</param>
    public void End(long begun)
    {
        if (begun != 0)
        {
            _histogram.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds, _tags);
        }
    }
}
