namespace RdmaPipeline.Verbs;

/// <summary>
/// One key as the shards see it: a region, or a window bound into one. What describes the memory never changes: a new version replaces
/// it. It is in force from <see cref="TryOpen"/> to <see cref="TryClose"/> or <see cref="Leave"/>, and may come into force again.
/// </summary>
internal sealed class MemoryRegionEntry
{
    private const int NotInForce = -1;

    // Windows bound to this region, when in force.
    private int _windows = NotInForce;

    public required uint Key { get; init; }

    public required uint ProtectionDomain { get; init; }

    /// <summary>The first address as work requests and packets give it: the iova, or 0 when zero-based.</summary>
    public required ulong Start { get; init; }

    public required ulong Length { get; init; }

    /// <summary>Where the first byte of a region lies in this process, when it lies in one piece.</summary>
    public nint Pointer { get; init; }

    /// <summary>Where the bytes lie when not in one piece; else null.</summary>
    public MemoryLayout? Layout { get; init; }

    public required AccessFlags Access { get; init; }

    public MemoryKeyKind Kind { get; init; }

    /// <summary>A SEND with invalidate of a peer may end its key (R-RESP-27).</summary>
    public bool PeerMayInvalidate { get; init; }

    /// <summary>
    /// What stands in the table while the object that owns the key has none in force, and so names that object; null for one whose key is
    /// in force as long as it lives.
    /// </summary>
    public MemoryRegionEntry? Free { get; init; }

    /// <summary>What turns an address of a window into one of its region (R-RESP-12).</summary>
    public ulong Displacement { get; init; }

    /// <summary>The region that a window is bound into. Written by whoever opened the window, before it is published.</summary>
    public MemoryRegionEntry? Region { get; set; }

    /// <summary>The queue pair that a window of type 2 is tied to (R-VERB-6). Written as <see cref="Region"/> is.</summary>
    public QueuePairContext? QueuePair { get; set; }

    /// <summary>R-VERB-4: without remote access the key of a region is no R_Key; that of a window is nothing else.</summary>
    public bool IsRemote => IsWindow || (Access & MemoryAccess.AnyRemote) != 0;

    /// <summary>No key is in force here.</summary>
    public bool IsMarker => Key == 0;

    public bool IsWindow => Kind >= MemoryKeyKind.WindowType1;

    public bool IsRegion => !IsWindow && !IsMarker;

    /// <summary>Windows are bound to it.</summary>
    public bool HasWindows => Volatile.Read(ref _windows) > 0;

    /// <summary>What stands in the table for an object without a key in force: R_Key 0 is never valid (R-VERB-3).</summary>
    /// <param name="protectionDomain">The domain of the object.</param>
    /// <returns>A marker of its own.</returns>
    public static MemoryRegionEntry Marker(uint protectionDomain) => new()
    {
        Key = 0, ProtectionDomain = protectionDomain, Start = 0, Length = 0, Access = AccessFlags.None,
    };

    /// <summary>Whether a queue pair may use the key at all: rows "PD equals" and "bound to this QP" of responder.md 5.</summary>
    public bool Admits(uint protectionDomain, QueuePairContext? queuePair) => Kind switch
    {
        MemoryKeyKind.WindowType2A => QueuePair == queuePair,
        MemoryKeyKind.WindowType2B => QueuePair == queuePair && ProtectionDomain == protectionDomain,
        _ => ProtectionDomain == protectionDomain,
    };

    /// <summary>Whether a range lies inside; no sum can overflow.</summary>
    /// <param name="address">First byte, counted as <see cref="Start"/> counts.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>True when every byte is inside.</returns>
    public bool Contains(ulong address, ulong length) =>
#if CANARY_REGION_END
        address >= Start && length <= Length && address - Start <= Length;
#else
        address >= Start && length <= Length && address - Start <= Length - length;
#endif

    /// <summary>Finds the memory of a range that <see cref="Contains"/>.</summary>
    /// <param name="address">First byte, counted as <see cref="Start"/> counts.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="writes">They are to be written.</param>
    /// <param name="piece">Bytes that follow one another in memory.</param>
    /// <returns>Where the first byte lies.</returns>
    public nint Locate(ulong address, ulong length, bool writes, out ulong piece)
    {
        if (IsWindow)
            return Region!.Locate(address + Displacement, length, writes, out piece);
        if (Layout is { } layout)
            return layout.Locate(address - Start, length, writes, out piece);
        piece = length;
        return Pointer + (nint)(address - Start);
    }

    /// <summary>Brings it into force: whoever succeeds may publish it.</summary>
    /// <returns>False when it is in force already.</returns>
    public bool TryOpen() => Interlocked.CompareExchange(ref _windows, 0, NotInForce) == NotInForce;

    /// <summary>Takes a region out of force, so that no window can be bound any more: whoever succeeds takes it out of the table.</summary>
    /// <returns>False when windows are bound to it, or when it is not in force.</returns>
    public bool TryClose() => Interlocked.CompareExchange(ref _windows, NotInForce, 0) == 0;

    /// <summary>Undoes <see cref="TryOpen"/> of what has not come into the table.</summary>
    public void Abandon() => Volatile.Write(ref _windows, NotInForce);

    /// <summary>
    /// Ends a window that is out of the table: its region has one less. <see cref="Region"/> stays, for a shard that found the window
    /// before may look at it once more.
    /// </summary>
    public void Leave()
    {
        Interlocked.Decrement(ref Region!._windows);
        Abandon();
    }

    /// <summary>Counts a window that is being bound to this region.</summary>
    /// <returns>False when the region is not in force.</returns>
    public bool TryAddWindow()
    {
        int windows = Volatile.Read(ref _windows);
        while (windows != NotInForce)
        {
            int seen = Interlocked.CompareExchange(ref _windows, windows + 1, windows);
            if (seen == windows)
                return true;
            windows = seen;
        }

        return false;
    }
}
