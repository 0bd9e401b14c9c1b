using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Verbs;

/// <summary>
/// Resolves keys to memory. Shards read it without locks: pages of immutable entries, published by single stores.
/// Indices run from 1 and are given out in turn from a random start, so a freed index comes back as late as possible, and then with
/// another variant (R-VERB-3).
/// </summary>
internal sealed class MemoryRegionTable
{
    private const int PageBits = 10;
    private const int PageSize = 1 << PageBits;
    private readonly Lock _control = new();
    private readonly MemoryRegionEntry?[]?[] _pages;
    private readonly byte[]?[] _variants;
    private readonly int _maxIndex;
    private readonly Func<uint> _random;
    private int _cursor;
    private int _count;

    /// <summary>Makes an empty table.</summary>
    /// <param name="maxRegions">How many regions there may be at once.</param>
    /// <param name="random">The device's source of randomness.</param>
    public MemoryRegionTable(int maxRegions, Func<uint> random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRegions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxRegions, MemoryKey.MaxIndex);
        _maxIndex = maxRegions;
        _random = random;
        _cursor = (int)(random() % (uint)maxRegions);
        _pages = new MemoryRegionEntry?[]?[(maxRegions >> PageBits) + 1];
        _variants = new byte[]?[_pages.Length];
    }

    /// <summary>Regions registered now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Registers a region under a new key.</summary>
    /// <param name="protectionDomain">The handle of its domain.</param>
    /// <param name="start">The first address as packets give it.</param>
    /// <param name="length">Bytes, 0 included.</param>
    /// <param name="pointer">Where the first byte lies.</param>
    /// <param name="access">Rights, already checked.</param>
    /// <param name="peerMayInvalidate">Whether <see cref="TryInvalidate"/> may end the key.</param>
    /// <returns>The key.</returns>
    /// <exception cref="RdmaException">ENOMEM: the table is full.</exception>
    public uint Add(
        uint protectionDomain, ulong start, ulong length, nint pointer, AccessFlags access, bool peerMayInvalidate = false)
    {
        lock (_control)
        {
            int index = FreeIndex();
            uint key = MemoryKey.Of(index, ++_variants[index >> PageBits]![index & (PageSize - 1)]);
            var entry = new MemoryRegionEntry
            {
                Key = key, ProtectionDomain = protectionDomain, Start = start, Length = length, Pointer = pointer, Access = access,
                PeerMayInvalidate = peerMayInvalidate,
            };
            Volatile.Write(ref _pages[index >> PageBits]![index & (PageSize - 1)], entry);
            Interlocked.Increment(ref _count);
            return key;
        }
    }

    /// <summary>
    /// Makes a key invalid at once for everyone who resolves it from now on. Who resolved it before may still use the memory: it
    /// must stay until the provider has been quiesced.
    /// </summary>
    /// <param name="key">A key that <see cref="Add"/> gave.</param>
    /// <returns>False when no region has this key.</returns>
    public bool Invalidate(uint key)
    {
        if (!TryFind(key, out MemoryRegionEntry? entry))
            return false;
        // No lock: shards invalidate too (R-RESP-27). Whoever takes the entry out counts.
        int index = MemoryKey.Index(key);
        ref MemoryRegionEntry? slot = ref _pages[index >> PageBits]![index & (PageSize - 1)];
        if (Interlocked.CompareExchange(ref slot, null, entry) != entry)
            return false;
        Interlocked.Decrement(ref _count);
        return true;
    }

    /// <summary>
    /// Ends the key of a region that a peer may invalidate (R-RESP-27). Called by the shard when a SEND with invalidate has arrived.
    /// </summary>
    /// <param name="key">The R_Key, all 32 bits.</param>
    /// <param name="protectionDomain">The domain of the queue pair that received it.</param>
    /// <returns>False, and nothing changed, when no such region of this domain may be invalidated by a peer.</returns>
    public bool TryInvalidate(uint key, uint protectionDomain) =>
        TryFind(key, out MemoryRegionEntry? entry) && entry.PeerMayInvalidate && entry.IsRemote
        && entry.ProtectionDomain == protectionDomain && Invalidate(key);

    /// <summary>
    /// Resolves a range for one access (responder.md 5). The fault reported is the first of: key, domain, access, range. The
    /// memory may be used until the end of the burst in hand.
    /// </summary>
    /// <param name="key">L_Key or R_Key, all 32 bits.</param>
    /// <param name="remote">The key came from the peer: only a region with remote access has it (R-VERB-4).</param>
    /// <param name="protectionDomain">The domain of the queue pair.</param>
    /// <param name="address">First byte, as the region counts.</param>
    /// <param name="length">Bytes; 0 is inside anywhere up to the end.</param>
    /// <param name="required">The rights needed, all of them.</param>
    /// <param name="pointer">Where the first byte lies, or 0.</param>
    /// <returns>None, or what is wrong.</returns>
    public MemoryKeyFault TryResolve(
        uint key, bool remote, uint protectionDomain, ulong address, ulong length, AccessFlags required, out nint pointer)
    {
        pointer = 0;
        if (!TryFind(key, out MemoryRegionEntry? entry) || (remote && !entry.IsRemote))
            return MemoryKeyFault.BadKey;
        if (entry.ProtectionDomain != protectionDomain)
            return MemoryKeyFault.Domain;
        if ((entry.Access & required) != required)
            return MemoryKeyFault.Access;
        if (!entry.Contains(address, length))
            return MemoryKeyFault.Range;
        pointer = entry.Pointer + (nint)(address - entry.Start);
        return MemoryKeyFault.None;
    }

    /// <summary>Whether a key is in force.</summary>
    /// <param name="key">L_Key or R_Key, all 32 bits.</param>
    /// <returns>False once it was invalidated.</returns>
    public bool Contains(uint key) => TryFind(key, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFind(uint key, [NotNullWhen(true)] out MemoryRegionEntry? entry)
    {
        int index = MemoryKey.Index(key);
        int page = index >> PageBits;
        MemoryRegionEntry?[]? entries = page < _pages.Length ? Volatile.Read(ref _pages[page]) : null;
        entry = entries is null ? null : Volatile.Read(ref entries[index & (PageSize - 1)]);
        return entry is not null && entry.Key == key;
    }

    private int FreeIndex()
    {
        if (Count >= _maxIndex)
            throw new RdmaException(VerbsErrno.ENOMEM, $"{Count} memory regions are registered, the limit is {_maxIndex}: dispose of one");
        do
            _cursor = _cursor >= _maxIndex ? 1 : _cursor + 1;
        while (PageOf(_cursor)[_cursor & (PageSize - 1)] is not null);
        return _cursor;
    }

    private MemoryRegionEntry?[] PageOf(int index)
    {
        int page = index >> PageBits;
        if (_pages[page] is { } entries)
            return entries;
        var variants = new byte[PageSize];
        for (int i = 0; i < PageSize; i++)
            variants[i] = (byte)_random();
        _variants[page] = variants;
        entries = new MemoryRegionEntry?[PageSize];
        Volatile.Write(ref _pages[page], entries);
        return entries;
    }
}
