namespace RdmaPipeline.Backends.Framing;

/// <summary>The last IPv4 Identification of each source, in a small direct-mapped table: two sources may evict each other, which only
/// costs the stronger verdict.</summary>
internal sealed class IdentificationHistory
{
    private const int Size = 256;

    private readonly UInt128[] _sources = new UInt128[Size];
    private readonly ushort[] _last = new ushort[Size];

    /// <summary>Records an Identification.</summary>
    /// <returns>Whether it is the one after the last of this source.</returns>
    public bool Advance(UInt128 source, ushort identification)
    {
        var slot = (int)((ulong)source ^ ((ulong)source >> 8) ^ ((ulong)source >> 16)) & (Size - 1);
        var wasNext = _sources[slot] == source && identification == (ushort)(_last[slot] + 1);
        _sources[slot] = source;
        _last[slot] = identification;
        return wasNext;
    }
}
