using System.Diagnostics.CodeAnalysis;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// The GID table of a port (R-VERB-1). An address keeps its index for as long as it is there, so that an index in an address vector never
/// comes to mean another address by itself; a free slot is used again by the next address. Changed by the control plane, which publishes
/// a new snapshot; read by anyone without a lock.
/// </summary>
internal sealed class GidTable
{
    private readonly Lock _gate = new();
    private readonly GidType _type;
    private readonly string _networkInterface;
    private GidEntry?[] _slots = [];
    private IReadOnlyList<UInt128>? _source;

    /// <summary>Makes an empty table.</summary>
    /// <param name="length">Slots it may come to have.</param>
    /// <param name="type">How packets of its addresses are framed.</param>
    /// <param name="networkInterface">The interface they belong to.</param>
    public GidTable(int length, GidType type, string networkInterface)
    {
        Length = length;
        _type = type;
        _networkInterface = networkInterface;
    }

    /// <summary>Slots, most of them empty.</summary>
    public int Length { get; }

    /// <summary>A slot; null when it is empty or does not exist.</summary>
    public GidEntry? Find(int index)
    {
        var slots = Volatile.Read(ref _slots);
        return (uint)index < (uint)slots.Length ? slots[index] : null;
    }

    /// <summary>Makes the table hold these addresses and no other.</summary>
    /// <param name="gids">The addresses of the port; one that is named twice is taken once, and what does not fit is left out.</param>
    /// <returns>Whether the table changed.</returns>
    [SuppressMessage("Performance", "CA1859", Justification = "The list is the back-end's, of whatever type.")]
    public bool Update(IReadOnlyList<UInt128> gids)
    {
        lock (_gate)
        {
            // Almost every look finds the very list of the one before.
            if (ReferenceEquals(_source, gids))
                return false;
            _source = gids;
            var before = _slots;
            var wanted = gids.Select(gid => new Gid(gid)).Distinct().ToList();
            var slots = before.Select(slot => slot is { } entry && wanted.Remove(entry.Gid) ? slot : null).ToList();
            foreach (var gid in wanted)
                Place(slots, new GidEntry(gid, _type, _networkInterface));
            if (slots.SequenceEqual(before))
                return false;
            Volatile.Write(ref _slots, [.. slots]);
            return true;
        }
    }

    private void Place(List<GidEntry?> slots, GidEntry entry)
    {
        int free = slots.IndexOf(null);
        if (free >= 0)
            slots[free] = entry;
        else if (slots.Count < Length)
            slots.Add(entry);
    }
}
