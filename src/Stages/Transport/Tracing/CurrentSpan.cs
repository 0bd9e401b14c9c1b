using System.Diagnostics;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>Makes a span current until it is disposed of; without a span it does nothing.</summary>
internal readonly ref struct CurrentSpan
{
    private readonly Activity? _outer;
    private readonly bool _isSet;

    public CurrentSpan(Activity? span)
    {
        if (span is null)
            return;
        (_outer, _isSet) = (Activity.Current, true);
        Activity.Current = span;
    }

    public void Dispose()
    {
        if (_isSet)
            Activity.Current = _outer;
    }
}
