using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// A histogram of sizes that takes the first and then one in <see cref="StageMeter.SampleInterval"/>. Written by one thread at a time.
/// </summary>
public sealed class SampledSizes
{
    private readonly Histogram<long> _histogram;
    private readonly TagList _tags;
    private SampleTurns _turns;

    /// <summary>Makes a sampler.</summary>
    /// <param name="histogram">Where the sizes go.</param>
    /// <param name="tags">All attributes.</param>
    public SampledSizes(Histogram<long> histogram, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        (_histogram, _tags) = (histogram, new TagList(tags));
    }

    /// <summary>Takes note of a size, perhaps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(int size)
    {
        if (_turns.IsNextTaken())
        {
            Record(size);
        }
    }

    private void Record(int size)
    {
        if (_histogram.Enabled)
        {
            _histogram.Record(size, _tags);
        }
    }
}
