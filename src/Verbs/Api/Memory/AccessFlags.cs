namespace RdmaPipeline.Verbs;

/// <summary>Rights on a memory region or of a queue pair, with the bits of the standard (verbs.md 7).</summary>
[Flags]
public enum AccessFlags
{
    /// <summary>Local reading only.</summary>
    None = 0,
    /// <summary>The device may write here on this side's behalf: receives, read and atomic results.</summary>
    LocalWrite = 1,
    /// <summary>The peer may write; needs <see cref="LocalWrite"/> on a region.</summary>
    RemoteWrite = 2,
    /// <summary>The peer may read.</summary>
    RemoteRead = 4,
    /// <summary>The peer may execute atomics; needs <see cref="LocalWrite"/> on a region.</summary>
    RemoteAtomic = 8,
    /// <summary>Memory windows may be bound.</summary>
    MemoryWindowBind = 16,
    /// <summary>Addresses are offsets from the start of the region.</summary>
    ZeroBased = 32,
    /// <summary>
    /// On-demand paging. Where a device of software offers it, memory is reached through the page tables of the process, so pages come when
    /// they are touched, with this flag and without; managed memory is pinned all the same.
    /// </summary>
    OnDemand = 64,
    /// <summary>A hint: the memory consists of huge pages.</summary>
    HugeTlb = 128,
    /// <summary>The peer may make what it has written visible to every reader.</summary>
    FlushGlobal = 256,
    /// <summary>
    /// The peer may make what it has written persistent. Whoever registers memory so vouches that what every processor can see there
    /// survives, as in persistent memory whose platform saves its caches; a flush is a full fence, no more.
    /// </summary>
    FlushPersistent = 512,
    /// <summary>A hint: writes may become visible out of order.</summary>
    RelaxedOrdering = 1 << 20,
}
