using System.Runtime.InteropServices;

namespace RdmaPipeline.Verbs;

/// <summary>
/// Memory that belongs to the device (alloc_dm). This device is software, so it lies in the process; programs reach it only by copying and
/// through regions. It begins as zero.
/// </summary>
public sealed class DeviceMemory : IDisposable
{
    private readonly nint _pointer;
    private readonly List<MemoryRegion> _regions = [];
    private int _disposed;

    internal unsafe DeviceMemory(RdmaDevice device, ulong length, int logAlignment)
    {
        (Device, Length) = (device, length);
        nuint alignment = Math.Max((nuint)1 << logAlignment, sizeof(ulong));
        _pointer = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), alignment);
        NativeMemory.Clear((void*)_pointer, (nuint)length);
    }

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device { get; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Copies into it (memcpy_to_dm).</summary>
    /// <param name="offset">The first byte written.</param>
    /// <param name="source">What to write.</param>
    /// <exception cref="RdmaException">EINVAL: the range is not inside.</exception>
    public void CopyFrom(ulong offset, ReadOnlySpan<byte> source) => source.CopyTo(Part(offset, source.Length));

    /// <summary>Copies out of it (memcpy_from_dm).</summary>
    /// <param name="offset">The first byte read.</param>
    /// <param name="destination">Where to; its length is how much.</param>
    /// <exception cref="RdmaException">EINVAL: the range is not inside.</exception>
    public void CopyTo(ulong offset, Span<byte> destination) => Part(offset, destination.Length).CopyTo(destination);

    /// <summary>Frees it (free_dm).</summary>
    /// <exception cref="RdmaException">EBUSY: regions are registered over it; dispose of them first.</exception>
    public unsafe void Dispose()
    {
        lock (Device.Control)
        {
            if (IsDisposed)
                return;
            int registered = _regions.Count(Device.Remembers);
            if (registered != 0)
                throw new RdmaException(VerbsErrno.EBUSY, $"{registered} region(s) are registered over the device memory: dispose of them");
            Volatile.Write(ref _disposed, 1);
            Device.Forget(this);
            NativeMemory.AlignedFree((void*)_pointer);
        }
    }

    /// <summary>Registers a part while it cannot be freed.</summary>
    internal MemoryRegion Register(ulong offset, ulong length, Func<nint, MemoryRegion> register)
    {
        lock (Device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            CheckPart(offset, length);
            MemoryRegion region = register(_pointer + (nint)offset);
            // One that is being disposed of counts until the last use of its memory.
            _regions.RemoveAll(old => !Device.Remembers(old));
            _regions.Add(region);
            return region;
        }
    }

    private unsafe Span<byte> Part(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckPart(offset, (ulong)length);
        return new Span<byte>((byte*)_pointer + offset, length);
    }

    private void CheckPart(ulong offset, ulong length)
    {
        if (offset > Length || length > Length - offset)
            throw RdmaException.Invalid($"offset {offset} + length {length} lies outside the device memory of {Length} bytes");
    }
}
