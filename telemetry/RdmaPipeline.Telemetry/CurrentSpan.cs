using System.Diagnostics;

namespace RdmaPipeline.Telemetry;

/// <summary>Makes a span current until it is disposed of, so that what is recorded meanwhile leads to it. On one thread.</summary>
public readonly ref struct CurrentSpan
{
    private readonly Activity? _outer;
    private readonly bool _isSet;

    /// <summary>Makes a span current.</summary>
    /// <param name="span">
    /// The span; with null, or one that has ended, as an answer's does when that has left, everything stays as it is.
    /// </param>
    public CurrentSpan(Activity? span)
    {
        if (span is not { IsStopped: false })
        {
            return;
        }

        (_outer, _isSet) = (Activity.Current, true);
        Activity.Current = span;
    }

    /// <summary>The span that was current before is so again.</summary>
    public void Dispose()
    {
        if (_isSet)
        {
            Activity.Current = _outer;
        }
    }
}
