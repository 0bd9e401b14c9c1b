using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Verbs;

/// <summary>
/// Resolves keys to memory. Shards read it without locks: pages of entries, published by single stores. Regions have the indices from 1
/// on, windows those behind the power of two above. An index belongs to its object from <see cref="Add(bool, Func{uint,
/// MemoryRegionEntry})"/> to <see cref="Invalidate"/>, whether a key is in force or not, and comes back late and with another variant
/// (R-VERB-3).
/// </summary>
internal sealed partial class MemoryRegionTable
{
    private const int PageBits = 10;
    private const int PageSize = 1 << PageBits;
    private readonly Lock _control = new();
    private readonly MemoryRegionEntry?[]?[] _pages;
    private readonly byte[]?[] _variants;
    private readonly Func<uint> _random;
    private readonly MemoryIndices _regions;
    private readonly MemoryIndices _windows;

    /// <summary>Makes an empty table.</summary>
    /// <param name="maxRegions">How many regions there may be at once.</param>
    /// <param name="random">The device's source of randomness.</param>
    /// <param name="maxWindows">How many windows there may be at once.</param>
    public MemoryRegionTable(int maxRegions, Func<uint> random, int maxWindows = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRegions);
        ArgumentOutOfRangeException.ThrowIfNegative(maxWindows);
        int firstWindow = (int)BitOperations.RoundUpToPowerOf2((uint)maxRegions) + 1;
        long last = maxWindows == 0 ? maxRegions : (long)firstWindow + maxWindows;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(last, MemoryKey.MaxIndex, nameof(maxRegions));
        _random = random;
        _regions = new MemoryIndices(1, maxRegions, random(), "memory regions");
        _windows = new MemoryIndices(firstWindow, maxWindows, maxWindows == 0 ? 0 : random(), "memory windows");
        _pages = new MemoryRegionEntry?[]?[(last >> PageBits) + 1];
        _variants = new byte[]?[_pages.Length];
    }

    /// <summary>Regions registered now.</summary>
    public int Count => _regions.Count;

    /// <summary>Windows allocated now.</summary>
    public int WindowCount => _windows.Count;

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
        uint protectionDomain, ulong start, ulong length, nint pointer, AccessFlags access, bool peerMayInvalidate = false) =>
        Add(isWindow: false, key => new MemoryRegionEntry
        {
            Key = key, ProtectionDomain = protectionDomain, Start = start, Length = length, Pointer = pointer, Access = access,
            PeerMayInvalidate = peerMayInvalidate, Free = peerMayInvalidate ? MemoryRegionEntry.Marker(protectionDomain) : null,
        }).Key;

    /// <summary>Takes an index and publishes what stands at it first.</summary>
    /// <param name="isWindow">Of which kind the index is.</param>
    /// <param name="make">Makes the entry for a new key, all 32 bits.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="RdmaException">ENOMEM: as many of the kind as there may be (R-VERB-18).</exception>
    public MemoryRegionEntry Add(bool isWindow, Func<uint, MemoryRegionEntry> make)
    {
        lock (_control)
        {
            int index = (isWindow ? _windows : _regions).Take(i => PageOf(i)[i & (PageSize - 1)] is null);
            MemoryRegionEntry entry = make(MemoryKey.Of(index, ++_variants[index >> PageBits]![index & (PageSize - 1)]));
            entry.TryOpen();
            Volatile.Write(ref Slot(index), entry);
            return entry;
        }
    }

    /// <summary>
    /// Ends a registration: whatever key is in force at its index is invalid at once for everyone who resolves it from now on, and the
    /// index is free. Who resolved it before may still use the memory: it must stay until the provider has been quiesced.
    /// </summary>
    /// <param name="key">A key of the index; called once for each that was taken.</param>
    /// <returns>False, and nothing changed: windows are bound to the region, or the index is free.</returns>
    public bool Invalidate(uint key)
    {
        int index = MemoryKey.Index(key);
        ref MemoryRegionEntry? slot = ref Slot(index);
        for (SpinWait wait = default; Volatile.Read(ref slot) is { } entry; wait.SpinOnce(sleep1Threshold: -1))
        {
            // Only who closes a region takes it out; somebody else who closed it is about to.
            if (entry.IsRegion && !entry.TryClose())
            {
                if (entry.HasWindows)
                    return false;
                continue;
            }

            RememberVariant(entry);
            if (Interlocked.CompareExchange(ref slot, null, entry) != entry)
                continue;
            if (entry.IsWindow)
                entry.Leave();
            (index < _windows.First ? _regions : _windows).Return();
            return true;
        }

        return false;
    }

    /// <summary>Whether a queue pair may do something with a key (responder.md 5, all but the range).</summary>
    /// <param name="key">L_Key or R_Key, all 32 bits.</param>
    /// <param name="remote">The key came from the peer: only what has remote access has it (R-VERB-4), and windows have no other.</param>
    /// <param name="protectionDomain">The domain of the queue pair.</param>
    /// <param name="required">The rights needed, all of them.</param>
    /// <param name="queuePair">The queue pair, to which a window of type 2 may be tied.</param>
    /// <param name="entry">What the key stands for.</param>
    /// <returns>None, or the first of: key, domain, access.</returns>
    public MemoryKeyFault TryFind(
        uint key, bool remote, uint protectionDomain, AccessFlags required, QueuePairContext? queuePair, out MemoryRegionEntry? entry)
    {
        if (!TryFind(key, out entry) || (remote ? !entry.IsRemote : entry.IsWindow))
            return MemoryKeyFault.BadKey;
        if (!entry.Admits(protectionDomain, queuePair))
            return MemoryKeyFault.Domain;
        return (entry.Access & required) == required ? MemoryKeyFault.None : MemoryKeyFault.Access;
    }

    /// <summary>
    /// Resolves a range for one access (responder.md 5). The fault reported is the first of: key, domain, access, range. The
    /// memory may be used until the end of the burst in hand.
    /// </summary>
    /// <param name="key">L_Key or R_Key, all 32 bits.</param>
    /// <param name="remote">The key came from the peer.</param>
    /// <param name="protectionDomain">The domain of the queue pair.</param>
    /// <param name="address">First byte, as the region counts.</param>
    /// <param name="length">Bytes; 0 is inside anywhere up to the end.</param>
    /// <param name="required">The rights needed, all of them.</param>
    /// <param name="pointer">Where the first byte lies, or 0.</param>
    /// <param name="queuePair">The queue pair, to which a window of type 2 may be tied.</param>
    /// <returns>None, or what is wrong.</returns>
    public MemoryKeyFault TryResolve(uint key, bool remote, uint protectionDomain, ulong address, ulong length, AccessFlags required,
        out nint pointer, QueuePairContext? queuePair = null) =>
        TryResolve(key, remote, protectionDomain, address, length, required, queuePair, out pointer, out _);

    /// <summary>Resolves a range of which perhaps only a beginning lies in one piece.</summary>
    /// <param name="key">L_Key or R_Key, all 32 bits.</param>
    /// <param name="remote">The key came from the peer.</param>
    /// <param name="protectionDomain">The domain of the queue pair.</param>
    /// <param name="address">First byte, as the region counts.</param>
    /// <param name="length">Bytes; 0 is inside anywhere up to the end.</param>
    /// <param name="required">The rights needed, all of them.</param>
    /// <param name="queuePair">The queue pair, to which a window of type 2 may be tied.</param>
    /// <param name="pointer">Where the first byte lies, or 0.</param>
    /// <param name="piece">Bytes that follow one another there.</param>
    /// <returns>None, or what is wrong.</returns>
    public MemoryKeyFault TryResolve(uint key, bool remote, uint protectionDomain, ulong address, ulong length, AccessFlags required,
        QueuePairContext? queuePair, out nint pointer, out ulong piece)
    {
        (pointer, piece) = (0, 0);
        MemoryKeyFault fault = TryFind(key, remote, protectionDomain, required, queuePair, out MemoryRegionEntry? entry);
        if (fault != MemoryKeyFault.None)
            return fault;
        if (!entry!.Contains(address, length))
            return MemoryKeyFault.Range;
        pointer = entry.Locate(address, length, (required & AccessFlags.LocalWrite) != 0, out piece);
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

    private ref MemoryRegionEntry? Slot(int index) => ref _pages[index >> PageBits]![index & (PageSize - 1)];

    // R-VERB-3: the consumer may have chosen the variant of the key that ends here; the next one shall be another.
    private void RememberVariant(MemoryRegionEntry ending)
    {
        if (ending.IsMarker)
            return;
        int index = MemoryKey.Index(ending.Key);
        _variants[index >> PageBits]![index & (PageSize - 1)] = (byte)ending.Key;
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
