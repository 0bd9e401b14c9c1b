using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// Walks the local memory of one work request piece by piece, in list order, skipping empty entries (R-REQ-11). Going forward costs
/// no search; the key is looked up again for every piece, so memory that is deregistered meanwhile is never touched.
/// </summary>
internal sealed class LocalMemoryCursor(QueuePairScope scope)
{
    private long _index = -1;
    private uint _position;
    private int _entry;
    private uint _used;

    /// <summary>Checks all entries of a work request (R-REQ-11).</summary>
    public bool AreAllAccessible(long index, AccessFlags required)
    {
        foreach (ref readonly var entry in Entries(index))
        {
            if (entry.Length != 0 && !TryResolve(entry, 0, entry.Length, required, out _, out _)) return false;
        }

        return true;
    }

    /// <summary>Gives the next piece of contiguous memory.</summary>
    /// <param name="index">The work request.</param>
    /// <param name="position">Where in the message the piece begins; less than its length.</param>
    /// <param name="limit">Bytes wanted.</param>
    /// <param name="required">What the memory must allow.</param>
    /// <param name="address">The first byte.</param>
    /// <returns>Bytes of the piece, or 0 when the memory may not be used.</returns>
    public uint Take(long index, uint position, uint limit, AccessFlags required, out nint address)
    {
        if (index != _index || position != _position) Seek(index, position);
        var entries = Entries(index);
        while (_used == entries[_entry].Length)
        {
            _entry++;
            _used = 0;
        }

        ref readonly var entry = ref entries[_entry];
        var count = Math.Min(limit, entry.Length - _used);
        if (!TryResolve(entry, _used, count, required, out address, out var piece)) return 0;
        count = (uint)piece;
        _used += count;
        _position += count;
        return count;
    }

    private void Seek(long index, uint position)
    {
        var entries = Entries(index);
        (_index, _position, _entry, _used) = (index, position, 0, position);
        while (_used > entries[_entry].Length) _used -= entries[_entry++].Length;
    }

    private ReadOnlySpan<ScatterGatherEntry> Entries(long index)
    {
        var ring = scope.Context.SendRing;
        return ring.Entries(index)[..ring.Slot(index).EntryCount];
    }

    private bool TryResolve(
        in ScatterGatherEntry entry, uint offset, uint length, AccessFlags required, out nint address, out ulong piece) =>
        scope.Regions.TryResolve(
            entry.LocalKey, remote: false, scope.Context.ProtectionDomain, entry.Address + offset, length, required, null, out address,
            out piece)
        == MemoryKeyFault.None;
}
