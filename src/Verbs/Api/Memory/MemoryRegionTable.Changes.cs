namespace RdmaPipeline.Verbs;

/// <content>
/// What work requests and peers change (R-VERB-5 to R-VERB-7, R-RESP-27). Shards call it: no lock, no allocation. Every change is one
/// exchange of what stands at an index, so of several who change the same key one succeeds.
/// </content>
internal sealed partial class MemoryRegionTable
{
    /// <summary>
    /// Puts another version in the place of a region's, under the same key, without a moment in which the key is invalid.
    /// </summary>
    /// <param name="current">The version in force.</param>
    /// <param name="next">Its successor, with the same key.</param>
    /// <returns>False: windows are bound to the region, or its key is no longer in force.</returns>
    public bool TryReplace(MemoryRegionEntry current, MemoryRegionEntry next)
    {
        if (!current.TryClose())
            return false;
        next.TryOpen();
        RememberVariant(next);
        Volatile.Write(ref Slot(MemoryKey.Index(next.Key)), next);
        return true;
    }

    /// <summary>Brings the key of a fast registration into force (R-VERB-5).</summary>
    /// <param name="registration">An entry of the region; only the low 8 bits of its key may be other than before.</param>
    /// <returns>False: the region is not FREE, or it is gone.</returns>
    public bool TryRegister(MemoryRegionEntry registration)
    {
        if (!registration.TryOpen())
            return false;
        ref MemoryRegionEntry? slot = ref Slot(MemoryKey.Index(registration.Key));
        if (Interlocked.CompareExchange(ref slot, registration, registration.Free) == registration.Free)
            return true;
        registration.Abandon();
        return false;
    }

    /// <summary>
    /// Binds a window (R-VERB-6, R-VERB-7): one of type 1 whatever it was bound to before, one of type 2 only when it is FREE.
    /// </summary>
    /// <param name="window">An entry of the window, its range inside the region.</param>
    /// <param name="region">The region.</param>
    /// <param name="queuePair">The queue pair that a window of type 2 is tied to from now on.</param>
    /// <returns>False: the window is not FREE or gone, or the region is not in force.</returns>
    public bool TryBind(MemoryRegionEntry window, MemoryRegionEntry region, QueuePairContext queuePair)
    {
        if (!window.TryOpen())
            return false;
        if (!region.TryAddWindow())
        {
            window.Abandon();
            return false;
        }

        (window.Region, window.QueuePair) = (region, queuePair);
        if (TrySwap(window.Key, window.Free!, window, mayBeBound: window.Kind == MemoryKeyKind.WindowType1))
            return true;
        window.Leave();
        return false;
    }

    /// <summary>Ends the binding of a window of type 1, if it is bound (a bind of length 0).</summary>
    /// <param name="marker">The marker of the window.</param>
    /// <param name="key">A key of the window.</param>
    /// <returns>False: the window is gone.</returns>
    public bool TryUnbind(MemoryRegionEntry marker, uint key) => TrySwap(key, marker, marker, mayBeBound: true);

    /// <summary>Ends the key of a fast registration or of a window of type 2 at the wish of this side (LOCAL_INV, R-VERB-5).</summary>
    /// <param name="key">L_Key or R_Key, all 32 bits.</param>
    /// <param name="protectionDomain">The domain of the queue pair.</param>
    /// <returns>False, and nothing changed: no such key in this domain, or windows are bound to the region.</returns>
    public bool TryInvalidateLocal(uint key, uint protectionDomain) =>
        TryFind(key, out MemoryRegionEntry? entry) && entry.ProtectionDomain == protectionDomain
        && entry.Kind is MemoryKeyKind.FastRegistration or MemoryKeyKind.WindowType2A or MemoryKeyKind.WindowType2B
        && TryEnd(entry);

    /// <summary>
    /// Ends a key at the wish of a peer (R-RESP-27): of a region that a peer may invalidate, or of a window of type 2. Called by the shard
    /// when a SEND with invalidate has arrived.
    /// </summary>
    /// <param name="key">The R_Key, all 32 bits.</param>
    /// <param name="protectionDomain">The domain of the queue pair that received it.</param>
    /// <param name="queuePair">The queue pair that received it.</param>
    /// <returns>False, and nothing changed, when it does not stand for any of these here, or windows are bound to the region.</returns>
    public bool TryInvalidate(uint key, uint protectionDomain, QueuePairContext? queuePair = null) =>
        TryFind(key, out MemoryRegionEntry? entry) && entry.PeerMayInvalidate && entry.IsRemote
        && entry.Admits(protectionDomain, queuePair) && TryEnd(entry);

    private bool TryEnd(MemoryRegionEntry entry)
    {
        if (entry.IsRegion && !entry.TryClose())
            return false;
        RememberVariant(entry);
        ref MemoryRegionEntry? slot = ref Slot(MemoryKey.Index(entry.Key));
        if (Interlocked.CompareExchange(ref slot, entry.Free, entry) != entry)
            return false;
        if (entry.IsWindow)
            entry.Leave();
        return true;
    }

    private bool TrySwap(uint key, MemoryRegionEntry marker, MemoryRegionEntry next, bool mayBeBound)
    {
        ref MemoryRegionEntry? slot = ref Slot(MemoryKey.Index(key));
        while (true)
        {
            MemoryRegionEntry? current = Volatile.Read(ref slot);
            bool isBound = current?.Free == marker;
            if (isBound ? !mayBeBound : current != marker)
                return false;
            if (Interlocked.CompareExchange(ref slot, next, current) != current)
                continue;
            if (!isBound)
                return true;
            RememberVariant(current!);
            current!.Leave();
            return true;
        }
    }
}
