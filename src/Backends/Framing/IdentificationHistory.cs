namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// What the headers of each source's last good packet held, in a small direct-mapped table: two sources may evict each other, which only
/// costs the stronger verdict.
/// </summary>
internal sealed class IdentificationHistory
{
    private const int Size = 256;

    private readonly UInt128[] _sources = new UInt128[Size];
    private readonly ushort[] _last = new ushort[Size];
    private readonly bool[] _doNotFragment = new bool[Size];

    /// <summary>
    /// Whether DF = 0 may explain a packet of this source. Not when its last packet had DF = 1: the second explanation lets two single-bit
    /// errors of a packet pass, and senders do not change. One that did is believed the second time.
    /// </summary>
    public bool AllowsFragmenting(UInt128 source)
    {
        var slot = SlotOf(source);
        var allows = _sources[slot] != source || !_doNotFragment[slot];
        _doNotFragment[slot] = false;
        return allows;
    }

    /// <summary>Records a good packet.</summary>
    /// <returns>Whether its Identification is the one after the last of this source.</returns>
    public bool Advance(UInt128 source, ushort identification, bool doNotFragment)
    {
        var slot = SlotOf(source);
        var wasNext = _sources[slot] == source && identification == (ushort)(_last[slot] + 1);
        _sources[slot] = source;
        _last[slot] = identification;
        _doNotFragment[slot] = doNotFragment;
        return wasNext;
    }

    private static int SlotOf(UInt128 source) => (int)((ulong)source ^ ((ulong)source >> 8) ^ ((ulong)source >> 16)) & (Size - 1);
}
