using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What a device says that it can do with memory (verbs.md 8, R-VERB-18).</summary>
public sealed class MemoryFeatureTests
{
    [Fact]
    public void TheDeviceAnnouncesWhatItCan()
    {
        using var device = RdmaPipelineDevice.Open($"mem://{Guid.NewGuid():n}/a");
        const DeviceCapabilities Features = DeviceCapabilities.MemoryManagementExtensions | DeviceCapabilities.MemoryWindow
            | DeviceCapabilities.MemoryWindowType2A | DeviceCapabilities.MemoryWindowType2B | DeviceCapabilities.OnDemandPaging
            | DeviceCapabilities.FlushGlobal | DeviceCapabilities.FlushPersistent | DeviceCapabilities.AtomicWrite;
        DeviceAttributes attributes = device.Attributes;
        Assert.Equal(Features, attributes.Capabilities & Features);
        Assert.Equal(((1 << 19) - 1, (1 << 19) - 1, 512),
            (attributes.MaxMemoryRegions, attributes.MaxMemoryWindows, attributes.MaxFastRegistrationPages));
        var domain = device.CreateProtectionDomain();
        using var region = domain.AllocateRegion(MemoryRegionType.FastRegistration, 512);
        Assert.Equal(1, region.Map([new MemoryPiece(4096, 512 * 4096)]));
        Assert.Equal(0, region.Map([new MemoryPiece(4096, (512 * 4096) + 1)]));
        foreach (var type in Enum.GetValues<MemoryWindowType>())
            domain.AllocateWindow(type).Dispose();
        device.AllocateDeviceMemory(attributes.MaxDeviceMemory).Dispose();
    }
}
