namespace RdmaPipeline.Verbs;

/// <summary>
/// Binds a memory window to a part of a region (R-VERB-6): goes with <see cref="SendOpcode.BindMemoryWindow"/>. What does not hold when the
/// work request is executed makes it complete with <see cref="WorkCompletionStatus.MemoryWindowBindError"/>.
/// </summary>
public sealed class MemoryWindowBinding : MemoryOperation
{
    private const AccessFlags Writing = AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic;
    private const AccessFlags Flushing = AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private readonly MemoryRegionEntry _entry;

    /// <summary>Makes a binding.</summary>
    /// <param name="window">The window. One of type 2 must be invalid when the binding is executed (R-VERB-7).</param>
    /// <param name="region">
    /// The region, registered with <see cref="AccessFlags.MemoryWindowBind"/> and not zero-based, of the same protection domain; null to
    /// unbind a window of type 1.
    /// </param>
    /// <param name="address">The first byte, as the region counts.</param>
    /// <param name="length">Bytes. 0 unbinds a window of type 1; with one of type 2 the bind fails.</param>
    /// <param name="access">
    /// What the peer may do: remote write and remote atomic need local write of the region, flushing needs the same right of the region.
    /// <see cref="AccessFlags.ZeroBased"/> (type 2 only): the peer counts from the first byte of the window.
    /// </param>
    /// <param name="remoteKey">
    /// Type 2: the new key; its upper 24 bits are those of the window's, the low 8 are the consumer's choice (R-VERB-3). Null: the next
    /// one.
    /// </param>
    /// <exception cref="RdmaException">
    /// EINVAL: unknown access flags, a zero base or a chosen key with type 1, a key that is not the window's, a length without a region,
    /// or a region of another device.
    /// </exception>
    public MemoryWindowBinding(
        MemoryWindow window, MemoryRegion? region, ulong address, ulong length, AccessFlags access, uint? remoteKey = null)
        : base(SendOpcode.BindMemoryWindow, DeviceOf(window))
    {
        ObjectDisposedException.ThrowIf(window.IsDisposed, window);
        (Window, Region, Length) = (window, region, length);
        CheckArguments(access, remoteKey, region is null && (address | length) != 0);
        bool isZeroBased = (access & AccessFlags.ZeroBased) != 0;
        RemoteKey = window.Keys.Take(remoteKey);
        _entry = new MemoryRegionEntry
        {
            Key = RemoteKey, ProtectionDomain = window.ProtectionDomain.Handle, Kind = window.Kind, Free = window.Marker,
            Start = isZeroBased ? 0 : address, Displacement = isZeroBased ? address : 0, Length = length, Access = access,
            PeerMayInvalidate = window.Type != MemoryWindowType.Type1,
        };
    }

    /// <summary>The window.</summary>
    public MemoryWindow Window { get; }

    /// <summary>The region; null to unbind.</summary>
    public MemoryRegion? Region { get; }

    /// <summary>The address of the first byte as the peer gives it.</summary>
    public ulong Address => _entry.Start;

    /// <summary>Bytes; 0 unbinds.</summary>
    public ulong Length { get; }

    /// <summary>What the peer may do.</summary>
    public AccessFlags Access => _entry.Access;

    /// <summary>The key for the peer, in force once the work request has been executed.</summary>
    public uint RemoteKey { get; }

    private ulong RegionAddress => _entry.Start + _entry.Displacement;

    internal override bool TryExecute(QueuePairContext queuePair)
    {
        MemoryRegionTable table = Device.MemoryRegions;
        if (Window.ProtectionDomain.Handle != queuePair.ProtectionDomain)
            return false;
        bool done = Length != 0
            ? Region!.Current is { } region && Allows(region, queuePair.ProtectionDomain) && table.TryBind(_entry, region, queuePair)
            : Window.Type == MemoryWindowType.Type1 && table.TryUnbind(Window.Marker, RemoteKey);
        if (done)
            Window.Accept(RemoteKey);
        return done;
    }

    private protected override void CheckDomain(uint protectionDomain)
    {
        CheckDomain("memory window", Window.ProtectionDomain, protectionDomain);
        if (Region is not null)
            CheckDomain("memory region", Region.ProtectionDomain, protectionDomain);
    }

    private static RdmaDevice DeviceOf(MemoryWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        return window.ProtectionDomain.Device;
    }

    // R-VERB-6. Whether the region's key is in force is decided by the bind itself, against who invalidates it at the same time.
    private bool Allows(MemoryRegionEntry region, uint protectionDomain) =>
        region.ProtectionDomain == protectionDomain
        && (region.Access & (AccessFlags.MemoryWindowBind | AccessFlags.ZeroBased)) == AccessFlags.MemoryWindowBind
        && region.Contains(RegionAddress, Length)
        && ((Access & Writing) == 0 || (region.Access & AccessFlags.LocalWrite) != 0)
        && (Access & Flushing & ~region.Access) == 0;

    private void CheckArguments(AccessFlags access, uint? remoteKey, bool lacksRegion)
    {
        AccessFlags unknown = access & ~(MemoryAccess.AnyRemote | AccessFlags.ZeroBased);
        if (unknown != 0)
            throw RdmaException.Invalid($"mw_access_flags is {access}: a memory window cannot have {unknown}");
        if (lacksRegion)
            throw RdmaException.Invalid($"mr is missing: a window of {Length} bytes needs a region");
        if (Region is not null && Region.ProtectionDomain.Device != Device)
            throw RdmaException.Invalid("mr belongs to another device than the memory window");
        if (Window.Type == MemoryWindowType.Type1)
        {
            if ((access & AccessFlags.ZeroBased) != 0)
                throw RdmaException.Invalid("mw_access_flags has ZeroBased: a window of type 1 cannot be zero-based");
            if (remoteKey is not null)
                throw RdmaException.Invalid($"rkey is 0x{remoteKey:x}: the key of a window of type 1 is the device's choice, leave it out");
        }
        else if (remoteKey is { } key && MemoryKey.Index(key) != MemoryKey.Index(Window.RemoteKey))
        {
            throw RdmaException.Invalid($"rkey is 0x{key:x}: only the low 8 bits of 0x{Window.RemoteKey:x} may be other");
        }
    }
}
