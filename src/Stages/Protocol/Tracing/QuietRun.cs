namespace RdmaPipeline.Protocol.Tracing;

/// <summary>
/// Messages of a connection that follow each other and are of no interest to the sampler: found out for many at a time, so that most
/// messages cost a comparison.
/// </summary>
internal struct QuietRun
{
    private const uint SequenceMask = 0xFF_FFFF;

    private uint _first;
    private uint _length;

    /// <summary>Whether a message is known to be one of them.</summary>
    public readonly bool Covers(uint sequence) => ((sequence - _first) & SequenceMask) < _length;

    /// <summary>Those from one on.</summary>
    public void Begin(uint first, int length) => (_first, _length) = (first, (uint)length);

    /// <summary>Nothing is known.</summary>
    public void Forget() => _length = 0;
}
