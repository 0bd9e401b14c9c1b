namespace RdmaPipeline.Verbs;

/// <summary>
/// Brings what a fast-registration region has mapped into force under a key (R-VERB-5): goes with
/// <see cref="SendOpcode.RegisterMemoryRegion"/>. What does not hold when the work request is executed makes it complete with
/// <see cref="WorkCompletionStatus.LocalQueuePairOperationError"/>: the region must be FREE, that is new or invalidated, and in the
/// protection domain of the queue pair.
/// </summary>
public sealed class FastRegistration : MemoryOperation
{
    private readonly MemoryRegionEntry _entry;

    /// <summary>Makes a registration of what the region has mapped last.</summary>
    /// <param name="region">A region made by <see cref="ProtectionDomain.AllocateRegion"/>, after <see cref="MemoryRegion.Map"/>.</param>
    /// <param name="access">Rights; remote write and remote atomic need local write.</param>
    /// <param name="key">
    /// The new key; its upper 24 bits are those of the region's, the low 8 are the consumer's choice (R-VERB-3). Null: the next one.
    /// </param>
    /// <exception cref="RdmaException">
    /// EINVAL: not such a region, nothing mapped, a key that is not the region's. EINVAL, EOPNOTSUPP: wrong access flags.
    /// </exception>
    public FastRegistration(MemoryRegion region, AccessFlags access, uint? key = null)
        : base(SendOpcode.RegisterMemoryRegion, DeviceOf(region))
    {
        ObjectDisposedException.ThrowIf(region.IsDisposed, region);
        MemoryMapping mapping = region.Mapping
            ?? throw RdmaException.Invalid($"mr is of type {region.Type} and has mapped nothing: allocate a region and map memory first");
        MemoryAccess.Check(access, Device.Attributes.Capabilities);
        if (key is { } chosen && MemoryKey.Index(chosen) != MemoryKey.Index(region.LocalKey))
            throw RdmaException.Invalid($"key is 0x{chosen:x}: only the low 8 bits of 0x{region.LocalKey:x} may be other");
        Region = region;
        _entry = new MemoryRegionEntry
        {
            Key = region.Keys.Take(key), ProtectionDomain = region.ProtectionDomain.Handle,
            Start = (access & AccessFlags.ZeroBased) != 0 ? 0 : mapping.Start, Length = mapping.Length, Pointer = mapping.Pointer,
            Layout = mapping.Layout, Access = access, Kind = MemoryKeyKind.FastRegistration, PeerMayInvalidate = true, Free = region.Marker,
        };
    }

    /// <summary>The region.</summary>
    public MemoryRegion Region { get; }

    /// <summary>The key for this side, and with remote access for the peer, in force once the work request has been executed.</summary>
    public uint Key => _entry.Key;

    /// <summary>The address of the first byte as work requests and peers give it.</summary>
    public ulong Address => _entry.Start;

    /// <summary>Bytes.</summary>
    public ulong Length => _entry.Length;

    /// <summary>The rights.</summary>
    public AccessFlags Access => _entry.Access;

    /// <summary>A part of it as a scatter-gather entry of a work request that is posted later.</summary>
    /// <param name="offset">The first byte, from 0.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="RdmaException">EINVAL: the part is not inside.</exception>
    public ScatterGatherEntry Entry(ulong offset, uint length)
    {
        if (offset > Length || length > Length - offset)
            throw RdmaException.Invalid($"offset {offset} + length {length} lies outside the registration of {Length} bytes");
        return new ScatterGatherEntry(Address + offset, length, Key);
    }

    internal override bool TryExecute(QueuePairContext queuePair)
    {
        if (_entry.ProtectionDomain != queuePair.ProtectionDomain || !Device.MemoryRegions.TryRegister(_entry))
            return false;
        Region.Accept(_entry);
        return true;
    }

    private protected override void CheckDomain(uint protectionDomain) =>
        CheckDomain("memory region", Region.ProtectionDomain, protectionDomain);

    private static RdmaDevice DeviceOf(MemoryRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        return region.ProtectionDomain.Device;
    }
}
