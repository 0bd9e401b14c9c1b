namespace RdmaPipeline.Verbs;

/// <content>Memory windows (alloc_mw).</content>
public sealed partial class ProtectionDomain
{
    private int _windows;

    /// <summary>Allocates a memory window, not bound to anything yet.</summary>
    /// <param name="type">Its type.</param>
    /// <returns>The window; dispose of it before the domain.</returns>
    /// <exception cref="RdmaException">EINVAL: no such type. EOPNOTSUPP: the device does not offer it. ENOMEM: no more windows.</exception>
    public MemoryWindow AllocateWindow(MemoryWindowType type)
    {
        DeviceCapabilities needed = type switch
        {
            MemoryWindowType.Type1 => DeviceCapabilities.MemoryWindow,
            MemoryWindowType.Type2B => DeviceCapabilities.MemoryWindowType2B,
            MemoryWindowType.Type2A => DeviceCapabilities.MemoryWindowType2A,
            _ => throw RdmaException.Invalid($"type is {(int)type}: there is no such memory window"),
        };
        _device.CheckOffers(needed, $"memory windows of {type}");
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
            var window = new MemoryWindow(this, type);
            _windows++;
            _device.Remember(window);
            return window;
        }
    }

    /// <summary>Under the control lock.</summary>
    internal void Forget(MemoryWindow window)
    {
        _windows--;
        _device.Forget(window);
    }
}
