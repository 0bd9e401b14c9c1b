namespace RdmaPipeline.Verbs;

/// <summary>One registered region as the shards see it. Never changes: a new version replaces it.</summary>
internal sealed class MemoryRegionEntry
{
    public required uint Key { get; init; }

    public required uint ProtectionDomain { get; init; }

    /// <summary>The first address as work requests and packets give it: the iova, or 0 in a zero-based region.</summary>
    public required ulong Start { get; init; }

    public required ulong Length { get; init; }

    /// <summary>Where the first byte lies in this process.</summary>
    public required nint Pointer { get; init; }

    public required AccessFlags Access { get; init; }

    /// <summary>A SEND with invalidate of a peer may end its key (R-RESP-27).</summary>
    public bool PeerMayInvalidate { get; init; }

    /// <summary>R-VERB-4: without remote access the key is no R_Key.</summary>
    public bool IsRemote => (Access & MemoryAccess.AnyRemote) != 0;

    /// <summary>Whether a range lies inside; no sum can overflow.</summary>
    /// <param name="address">First byte, counted as <see cref="Start"/> counts.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>True when every byte is inside.</returns>
    public bool Contains(ulong address, ulong length) =>
        address >= Start && length <= Length && address - Start <= Length - length;
}
