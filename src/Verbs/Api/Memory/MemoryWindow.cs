namespace RdmaPipeline.Verbs;

/// <summary>
/// A key for the peer that can be given to a part of a region, and taken away, by work requests. It is bound by
/// <see cref="QueuePair.BindWindow"/> or by a <see cref="MemoryWindowBinding"/>.
/// </summary>
public sealed class MemoryWindow : IDisposable
{
    private readonly Lock _disposing = new();
    private uint _remoteKey;
    private int _disposed;

    internal MemoryWindow(ProtectionDomain domain, MemoryWindowType type)
    {
        ProtectionDomain = domain;
        Type = type;
        Marker = domain.Device.MemoryRegions.Add(isWindow: true, key =>
        {
            _remoteKey = key;
            return MemoryRegionEntry.Marker(domain.Handle);
        });
        Keys = new MemoryKeySequence(_remoteKey, domain.Device.Provider.NextRandom());
    }

    /// <summary>The domain it belongs to.</summary>
    public ProtectionDomain ProtectionDomain { get; }

    /// <summary>Its type.</summary>
    public MemoryWindowType Type { get; }

    /// <summary>
    /// The key of the last bind that was executed, whether it is still in force or not; the one it was allocated with before the first.
    /// </summary>
    public uint RemoteKey => Volatile.Read(ref _remoteKey);

    /// <summary>Whether it is bound, so that <see cref="RemoteKey"/> gives access.</summary>
    public bool IsBound => !IsDisposed && Table.Contains(RemoteKey);

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    internal MemoryRegionEntry Marker { get; }

    /// <summary>The keys of its binds.</summary>
    internal MemoryKeySequence Keys { get; }

    internal MemoryKeyKind Kind => Type switch
    {
        MemoryWindowType.Type1 => MemoryKeyKind.WindowType1,
        MemoryWindowType.Type2A => MemoryKeyKind.WindowType2A,
        _ => MemoryKeyKind.WindowType2B,
    };

    private MemoryRegionTable Table => ProtectionDomain.Device.MemoryRegions;

    /// <summary>
    /// Deallocates it; if it is bound, its key is invalid at once. Returns after the last use of the key.
    /// </summary>
    public void Dispose()
    {
        lock (_disposing)
        {
            if (IsDisposed)
                return;
            Volatile.Write(ref _disposed, 1);
            RdmaDevice device = ProtectionDomain.Device;
            Table.Invalidate(RemoteKey);
            try
            {
                device.Provider.Quiesce();
            }
            finally
            {
                lock (device.Control)
                    ProtectionDomain.Forget(this);
            }
        }
    }

    /// <summary>The shard has executed a bind.</summary>
    internal void Accept(uint key) => Volatile.Write(ref _remoteKey, key);
}
