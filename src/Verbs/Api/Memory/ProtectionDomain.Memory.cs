using System.Buffers;

namespace RdmaPipeline.Verbs;

/// <content>Registration of memory (reg_mr).</content>
public sealed partial class ProtectionDomain
{
    /// <summary>Registers managed memory. It stays pinned until the region is disposed of; an empty one is legal.</summary>
    /// <param name="memory">An array, a slice of one, or memory of any other owner, who must keep it alive.</param>
    /// <param name="access">Rights; remote write and remote atomic need local write.</param>
    /// <param name="iova">The address by which work requests and peers name the first byte; its own address unless said otherwise.</param>
    /// <param name="peerMayInvalidate">
    /// Lets the peer end the region's keys by a SEND with invalidate (R-RESP-27), as when it has done with memory lent to it once.
    /// The region stays pinned until it is disposed of.
    /// </param>
    /// <returns>The region.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL, EOPNOTSUPP: wrong access flags. EINVAL: the range overflows, or is longer than a region may be. ENOMEM: no more regions.
    /// </exception>
    public unsafe MemoryRegion RegisterMemory(
        Memory<byte> memory, AccessFlags access = AccessFlags.LocalWrite, ulong? iova = null, bool peerMayInvalidate = false)
    {
        MemoryHandle pin = memory.Pin();
        try
        {
            return Register((nint)pin.Pointer, (ulong)memory.Length, access, iova, peerMayInvalidate, memory, pin);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>Makes a new pinned array and registers it.</summary>
    /// <param name="length">Bytes, 0 to 2^31 − 57.</param>
    /// <param name="access">Rights; remote write and remote atomic need local write.</param>
    /// <returns>The region; its memory is zero.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: negative length. EINVAL, EOPNOTSUPP: wrong access flags. ENOMEM: no memory or no more regions.
    /// </exception>
    public MemoryRegion AllocateMemory(int length, AccessFlags access = AccessFlags.LocalWrite)
    {
        if (length < 0)
            throw RdmaException.Invalid($"length is {length}; it must not be negative");
        try
        {
            return RegisterMemory(GC.AllocateArray<byte>(length, pinned: true), access);
        }
        catch (OutOfMemoryException cause)
        {
            throw new RdmaException(VerbsErrno.ENOMEM, $"no memory for a region of {length} bytes", cause);
        }
    }

    /// <summary>
    /// Registers native memory. The caller keeps it mapped and readable (and writable, if the rights say so) until the region is
    /// disposed of.
    /// </summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="length">Bytes; 0 is legal.</param>
    /// <param name="access">Rights; remote write and remote atomic need local write.</param>
    /// <param name="iova">The address by which work requests and peers name the first byte; its own address unless said otherwise.</param>
    /// <param name="peerMayInvalidate">
    /// Lets the peer end the region's keys by a SEND with invalidate (R-RESP-27), as when it has done with memory lent to it once.
    /// The region stays pinned until it is disposed of.
    /// </param>
    /// <returns>The region.</returns>
    /// <exception cref="RdmaException">
    /// EFAULT: the null address with a length. EINVAL: the range overflows. EINVAL, EOPNOTSUPP: wrong access flags.
    /// ENOMEM: no more regions.
    /// </exception>
    public MemoryRegion RegisterMemory(
        nint address, ulong length, AccessFlags access = AccessFlags.LocalWrite, ulong? iova = null, bool peerMayInvalidate = false) =>
        Register(address, length, access, iova, peerMayInvalidate, default, default);

    /// <summary>Refuses memory that cannot be registered.</summary>
    internal void CheckMemory(nint pointer, ulong length)
    {
        MemoryRange.Check(pointer, length);
        if (length > _device.Attributes.MaxMemoryRegionSize)
            throw RdmaException.Invalid($"length is {length}; the limit max_mr_size is {_device.Attributes.MaxMemoryRegionSize}");
    }

    private MemoryRegion Register(
        nint pointer, ulong length, AccessFlags access, ulong? iova, bool peerMayInvalidate, Memory<byte> memory, MemoryHandle pin)
    {
        MemoryAccess.Check(access, _device.Attributes.Capabilities);
        CheckMemory(pointer, length);
        ulong start = MemoryRange.StartOf(_device.Provider, pointer, length, access, iova);
        MemoryRegion region = Add(MemoryRegionType.User, key => new MemoryRegionEntry
        {
            Key = key, ProtectionDomain = Handle, Start = start, Length = length, Pointer = pointer, Access = access,
            PeerMayInvalidate = peerMayInvalidate, Free = peerMayInvalidate ? MemoryRegionEntry.Marker(Handle) : null,
        });
        region.Keep(memory, pin);
        return region;
    }

    private MemoryRegion Add(MemoryRegionType type, Func<uint, MemoryRegionEntry> make, int maxPages = 0)
    {
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
            uint key = 0;
            MemoryRegionEntry entry = _device.MemoryRegions.Add(isWindow: false, given => make(key = given));
            var region = new MemoryRegion(this, type, key, entry) { MaxPages = maxPages };
            _regions++;
            _device.Remember(region);
            return region;
        }
    }
}
