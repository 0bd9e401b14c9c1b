using System.Buffers;

namespace RdmaPipeline.Verbs;

/// <summary>Memory that the device may read and write. The user's memory stays pinned until it is disposed of.</summary>
public sealed partial class MemoryRegion : IDisposable
{
    private readonly Lock _disposing = new();
    private MemoryRegionEntry _current;
    private readonly uint _firstKey;
    private MemoryHandle _pin;
    private int _disposed;

    internal MemoryRegion(ProtectionDomain domain, MemoryRegionType type, uint key, MemoryRegionEntry current)
    {
        ProtectionDomain = domain;
        Type = type;
        _firstKey = key;
        _current = current;
        Keys = new MemoryKeySequence(key, domain.Device.Provider.NextRandom());
    }

    /// <summary>The domain it belongs to.</summary>
    public ProtectionDomain ProtectionDomain { get; private set; }

    /// <summary>What it was made for.</summary>
    public MemoryRegionType Type { get; }

    /// <summary>
    /// The address of its first byte as work requests and peers give it: its own address, the iova, or 0 when zero-based.
    /// </summary>
    public ulong Address => Current.Start;

    /// <summary>Bytes.</summary>
    public ulong Length => Current.Length;

    /// <summary>The rights it is registered with.</summary>
    public AccessFlags Access => Current.Access;

    /// <summary>The key for this side's scatter-gather entries.</summary>
    public uint LocalKey => Current.IsMarker ? _firstKey : Current.Key;

    /// <summary>The key for the peer; 0, which is never valid, without remote access (R-VERB-4).</summary>
    public uint RemoteKey => (Access & MemoryAccess.AnyRemote) != 0 ? LocalKey : 0;

    /// <summary>
    /// Whether its keys are in force: false once it was disposed of, or once they were invalidated by a work request of this side or a
    /// peer, which only a fast registration, or a region registered for that, allows (R-VERB-5, R-RESP-27).
    /// </summary>
    public bool IsValid => !IsDisposed && Table.Contains(LocalKey);

    /// <summary>The managed memory it was registered over; empty for any other.</summary>
    public Memory<byte> Memory { get; private set; }

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>The version in force, or the last one that was; the marker of a fast registration that was never in force.</summary>
    internal MemoryRegionEntry Current => Volatile.Read(ref _current);

    internal MemoryRegionEntry Marker => Current.Free ?? Current;

    /// <summary>The keys of its fast registrations.</summary>
    internal MemoryKeySequence Keys { get; }

    private MemoryRegionTable Table => ProtectionDomain.Device.MemoryRegions;

    /// <summary>All of the region as a scatter-gather entry.</summary>
    /// <returns>The entry.</returns>
    /// <exception cref="RdmaException">EINVAL: the region is longer than an entry can be, 2^32 − 1 bytes.</exception>
    public ScatterGatherEntry Entry() => Entry(0, Length);

    /// <summary>A part of the region as a scatter-gather entry.</summary>
    /// <param name="offset">The first byte, from 0.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="RdmaException">EINVAL: the part is not inside the region, or longer than 2^32 − 1 bytes.</exception>
    public ScatterGatherEntry Entry(ulong offset, ulong length)
    {
        CheckPart(offset, length, uint.MaxValue);
        return new ScatterGatherEntry(Address + offset, (uint)length, LocalKey);
    }

    /// <summary>The bytes of a part of the region.</summary>
    /// <param name="offset">The first byte, from 0.</param>
    /// <param name="length">Bytes, at most 2^31 − 1.</param>
    /// <returns>The memory itself; do not use it once the region is disposed of.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: the part is not inside the region, or it is not memory of the user's in one piece.
    /// </exception>
    public unsafe Span<byte> AsSpan(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Type != MemoryRegionType.User)
            throw RdmaException.Invalid($"the region is of type {Type}: only memory of the user's can be seen as bytes");
        if (length < 0)
            throw RdmaException.Invalid($"length is {length}; it must not be negative");
        CheckPart(offset, (ulong)length, int.MaxValue);
        return new Span<byte>((void*)(Current.Pointer + (nint)offset), length);
    }

    /// <summary>
    /// Deregisters. The key is invalid at once: accesses that come later fail. Returns after the last use, when the memory may
    /// be freed.
    /// </summary>
    /// <exception cref="RdmaException">EBUSY: memory windows are bound to it; invalidate, unbind or dispose of them first.</exception>
    public void Dispose()
    {
        lock (_disposing)
        {
            if (IsDisposed)
                return;
            if (!Table.Invalidate(LocalKey))
                throw IsBusy();
            Volatile.Write(ref _disposed, 1);
            RdmaDevice device = ProtectionDomain.Device;
            try
            {
                // If this fails nobody knows who still uses the memory: then it stays pinned.
                device.Provider.Quiesce();
                _pin.Dispose();
            }
            finally
            {
                lock (device.Control)
                    ProtectionDomain.Forget(this);
            }
        }
    }

    /// <summary>Takes what keeps the memory in its place; before anybody else knows the region.</summary>
    internal void Keep(Memory<byte> memory, MemoryHandle pin) => (Memory, _pin) = (memory, pin);

    /// <summary>Its bytes are lost, though the owner does not know it: the keys stay, and no range is inside any more.</summary>
    /// <exception cref="RdmaException">EBUSY: memory windows are bound to it. EINVAL: its key is not in force.</exception>
    internal void Break()
    {
        lock (_disposing)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            MemoryRegionEntry current = Current;
            if (!Table.TryReplace(current, Next(current, null, current.Access, current.Start, length: 0, current.Pointer)))
                throw current.HasWindows ? IsBusy() : NotInForce();
            ProtectionDomain.Device.Provider.Quiesce();
        }
    }

    private static RdmaException IsBusy() =>
        new(VerbsErrno.EBUSY, "memory windows are bound to the region: invalidate, unbind or dispose of them first");

    private static RdmaException NotInForce() => RdmaException.Invalid("the key of the region is not in force: it was invalidated");

    private void CheckPart(ulong offset, ulong length, ulong most)
    {
        if (offset > Length || length > Length - offset)
            throw RdmaException.Invalid($"offset {offset} + length {length} lies outside the region of {Length} bytes");
        if (length > most)
            throw RdmaException.Invalid($"length is {length}; the limit is {most}");
    }
}
