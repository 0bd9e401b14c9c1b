namespace RdmaPipeline.Verbs;

/// <summary>A piece of registered memory that a work request reads from or writes to.</summary>
/// <param name="Address">
/// Where it begins: an address inside the region as the region counts (see <see cref="MemoryRegion.Address"/>).
/// </param>
/// <param name="Length">Its length in bytes; 0 is legal and skipped.</param>
/// <param name="LocalKey">The <see cref="MemoryRegion.LocalKey"/> of the region.</param>
public readonly record struct ScatterGatherEntry(ulong Address, uint Length, uint LocalKey);
