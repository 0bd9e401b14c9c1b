namespace RdmaPipeline.Verbs;

/// <content>Memory windows and device memory that was made from the device and is still there.</content>
public sealed partial class RdmaDevice
{
    private const int MaxLogAlignment = 12;

    private readonly HashSet<MemoryWindow> _windows = [];
    private readonly HashSet<DeviceMemory> _deviceMemories = [];
    private ulong _deviceMemoryUsed;

    /// <summary>Memory windows not yet disposed of.</summary>
    public int MemoryWindowCount => CountOf(_windows);

    /// <summary>Pieces of device memory not yet disposed of.</summary>
    public int DeviceMemoryCount => CountOf(_deviceMemories);

    /// <summary>Allocates device memory (alloc_dm).</summary>
    /// <param name="length">Bytes, at least 1; all pieces together at most <see cref="DeviceAttributes.MaxDeviceMemory"/>.</param>
    /// <param name="logAlignment">The binary logarithm of the alignment of its first byte, 0 to 12.</param>
    /// <returns>The memory, all zero.</returns>
    /// <exception cref="RdmaException">
    /// EOPNOTSUPP: the device has none. EINVAL: length or alignment out of range. ENOMEM: not so much is left.
    /// </exception>
    public DeviceMemory AllocateDeviceMemory(ulong length, int logAlignment = 0)
    {
        ulong limit = Attributes.MaxDeviceMemory;
        if (limit == 0)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, "this device has no device memory");
        if (length == 0)
            throw RdmaException.Invalid("length is 0; it must be at least 1");
        if (logAlignment is < 0 or > MaxLogAlignment)
            throw RdmaException.Invalid($"log_align_req is {logAlignment}; it must be 0 to {MaxLogAlignment}");
        lock (Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ulong left = limit - _deviceMemoryUsed;
            if (length > left)
                throw new RdmaException(VerbsErrno.ENOMEM, $"length is {length}; {left} of max_dm_size = {limit} are left");
            DeviceMemory memory = NewDeviceMemory(length, logAlignment);
            _deviceMemoryUsed += length;
            _deviceMemories.Add(memory);
            return memory;
        }
    }

    internal void CheckOffers(DeviceCapabilities needed, string what)
    {
        if ((Attributes.Capabilities & needed) == 0)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"this device does not offer {what}");
    }

    internal void Remember(MemoryWindow window) => _windows.Add(window);

    /// <summary>Under the control lock.</summary>
    internal bool Remembers(MemoryRegion region) => _regions.Contains(region);

#if CANARY_OBJECT_COUNT
    internal void Forget(MemoryWindow window) => _windows.Contains(window);
#else
    internal void Forget(MemoryWindow window) => _windows.Remove(window);
#endif

    internal void Forget(DeviceMemory memory)
    {
        _deviceMemories.Remove(memory);
        _deviceMemoryUsed -= memory.Length;
    }

    private DeviceMemory NewDeviceMemory(ulong length, int logAlignment)
    {
        try
        {
            return new DeviceMemory(this, length, logAlignment);
        }
        catch (OutOfMemoryException cause)
        {
            throw new RdmaException(VerbsErrno.ENOMEM, $"no memory for device memory of {length} bytes", cause);
        }
    }
}
