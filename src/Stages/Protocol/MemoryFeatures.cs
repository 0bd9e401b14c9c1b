using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// What every device whose queue pairs are these machines can do with memory, as it announces it (verbs.md section 8). The standard lets a
/// device have type 2A or type 2B windows; this one has both, and its number 2 stands for 2B, as in Linux Soft-RoCE.
/// </summary>
internal static class MemoryFeatures
{
    private const int MaxWindows = (1 << 19) - 1;
    private const int MaxPages = 512;
    private const ulong DeviceMemoryBytes = 64 << 20;

    /// <summary>Adds them to what a device says about itself.</summary>
    /// <param name="device">The rest.</param>
    /// <returns>All of it.</returns>
    public static DeviceAttributes AddTo(DeviceAttributes device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device with
        {
            Capabilities = device.Capabilities | DeviceCapabilities.MemoryManagementExtensions | DeviceCapabilities.MemoryWindow
                | DeviceCapabilities.MemoryWindowType2A | DeviceCapabilities.MemoryWindowType2B | DeviceCapabilities.OnDemandPaging
                | DeviceCapabilities.FlushGlobal | DeviceCapabilities.FlushPersistent | DeviceCapabilities.AtomicWrite,
            MaxMemoryWindows = MaxWindows,
            MaxFastRegistrationPages = MaxPages,
            MaxDeviceMemory = DeviceMemoryBytes,
        };
    }
}
