using System.Buffers;

namespace RdmaPipeline.Verbs;

/// <summary>Memory that the device may read and write. Pinned until disposed of.</summary>
public sealed class MemoryRegion : IDisposable
{
    private readonly Lock _disposing = new();
    private readonly MemoryHandle _pin;
    private readonly nint _pointer;
    private int _disposed;

    internal MemoryRegion(
        ProtectionDomain domain, uint key, (ulong Start, ulong Length) range, nint pointer, AccessFlags access,
        Memory<byte> memory, MemoryHandle pin)
    {
        ProtectionDomain = domain;
        LocalKey = key;
        (Address, Length) = range;
        Access = access;
        Memory = memory;
        _pointer = pointer;
        _pin = pin;
    }

    /// <summary>The domain it belongs to.</summary>
    public ProtectionDomain ProtectionDomain { get; }

    /// <summary>
    /// The address of its first byte as work requests and peers give it: its own address, the iova, or 0 when zero-based.
    /// </summary>
    public ulong Address { get; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>The rights it was registered with.</summary>
    public AccessFlags Access { get; }

    /// <summary>The key for this side's scatter-gather entries.</summary>
    public uint LocalKey { get; }

    /// <summary>The key for the peer; 0, which is never valid, without remote access (R-VERB-4).</summary>
    public uint RemoteKey => (Access & MemoryAccess.AnyRemote) != 0 ? LocalKey : 0;

    /// <summary>
    /// Whether its keys are in force: false once it was disposed of, or once a peer invalidated it, which only a region
    /// registered for that allows (R-RESP-27).
    /// </summary>
    public bool IsValid => !IsDisposed && ProtectionDomain.Device.MemoryRegions.Contains(LocalKey);

    /// <summary>The managed memory it was registered over; empty for native memory.</summary>
    public Memory<byte> Memory { get; }

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

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
    /// <exception cref="RdmaException">EINVAL: the part is not inside the region.</exception>
    public unsafe Span<byte> AsSpan(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (length < 0)
            throw RdmaException.Invalid($"length is {length}; it must not be negative");
        CheckPart(offset, (ulong)length, int.MaxValue);
        return new Span<byte>((void*)(_pointer + (nint)offset), length);
    }

    /// <summary>
    /// Deregisters. The key is invalid at once: accesses that come later fail. Returns after the last use, when the memory may
    /// be freed.
    /// </summary>
    public void Dispose()
    {
        lock (_disposing)
        {
            if (IsDisposed)
                return;
            Volatile.Write(ref _disposed, 1);
            RdmaDevice device = ProtectionDomain.Device;
            device.MemoryRegions.Invalidate(LocalKey);
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

    private void CheckPart(ulong offset, ulong length, ulong most)
    {
        if (offset > Length || length > Length - offset)
            throw RdmaException.Invalid($"offset {offset} + length {length} lies outside the region of {Length} bytes");
        if (length > most)
            throw RdmaException.Invalid($"length is {length}; the limit is {most}");
    }
}
