using RdmaPipeline.Protocol;

namespace RdmaPipeline.Transport;

/// <summary>
/// The P_Key table of a port. Bit 15 of an entry is full membership; 0 is an empty entry. Written by the control plane, read by the shards
/// without a lock: an entry is one 16-bit word.
/// </summary>
internal sealed class PkeyTable
{
    /// <summary>The default partition, full member: entry 0 of a new table (R-WIRE-27).</summary>
    public const ushort DefaultPkey = 0xFFFF;

    private readonly ushort[] _entries;

    /// <summary>Makes a table in which all but the first entry are empty.</summary>
    public PkeyTable(int length)
    {
        _entries = new ushort[length];
        _entries[0] = DefaultPkey;
    }

    public int Length => _entries.Length;

    /// <summary>An entry; 0 for one that is empty or does not exist.</summary>
    public ushort Find(int index) => (uint)index < (uint)_entries.Length ? Volatile.Read(ref _entries[index]) : (ushort)0;

    /// <summary>The lowest index whose entry matches a received P_Key (R-WIRE-26), or −1.</summary>
    public int Match(ushort received)
    {
        for (int index = 0; index < _entries.Length; index++)
        {
            if (PartitionKeys.Match(Find(index), received))
                return index;
        }
        return -1;
    }

    /// <summary>Changes an entry that exists.</summary>
    /// <returns>Whether it was another before.</returns>
    public bool Set(int index, ushort pkey)
    {
        ushort before = Find(index);
        Volatile.Write(ref _entries[index], pkey);
        return before != pkey;
    }
}
