using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Devices;

/// <summary>The names under which ibv_devinfo prints the bits of device_cap_flags.</summary>
public static class DeviceCapabilityNames
{
    private static readonly (DeviceCapabilities Bit, string Name)[] s_names =
    [
        (DeviceCapabilities.BadPkeyCounter, "BAD_PKEY_CNTR"),
        (DeviceCapabilities.BadQkeyCounter, "BAD_QKEY_CNTR"),
        (DeviceCapabilities.AutomaticPathMigration, "AUTO_PATH_MIG"),
        (DeviceCapabilities.ChangePhysicalPort, "CHANGE_PHY_PORT"),
        (DeviceCapabilities.DatagramPortEnforced, "UD_AV_PORT_ENFORCE"),
        (DeviceCapabilities.PortActiveEvent, "PORT_ACTIVE_EVENT"),
        (DeviceCapabilities.SystemImageGuid, "SYS_IMAGE_GUID"),
        (DeviceCapabilities.RnrNakGeneration, "RC_RNR_NAK_GEN"),
        (DeviceCapabilities.SharedReceiveQueueResize, "SRQ_RESIZE"),
        (DeviceCapabilities.MemoryWindow, "MEM_WINDOW"),
        (DeviceCapabilities.ExtendedReliableConnection, "XRC"),
        (DeviceCapabilities.MemoryManagementExtensions, "MEM_MGT_EXTENSIONS"),
        (DeviceCapabilities.MemoryWindowType2A, "MEM_WINDOW_TYPE_2A"),
        (DeviceCapabilities.MemoryWindowType2B, "MEM_WINDOW_TYPE_2B"),
        (DeviceCapabilities.OnDemandPaging, "ON_DEMAND_PAGING"),
        (DeviceCapabilities.FlushGlobal, "FLUSH_GLOBAL"),
        (DeviceCapabilities.FlushPersistent, "FLUSH_PERSISTENT"),
        (DeviceCapabilities.AtomicWrite, "ATOMIC_WRITE"),
    ];

    /// <summary>The names of the bits that are set; bits without a name as one number.</summary>
    public static IEnumerable<string> Of(DeviceCapabilities capabilities)
    {
        foreach (var (bit, name) in s_names)
            if (capabilities.HasFlag(bit)) yield return name;
        var unknown = s_names.Aggregate(capabilities, (left, known) => left & ~known.Bit);
        if (unknown != DeviceCapabilities.None) yield return $"Unknown flags: 0x{(ulong)unknown:X}";
    }
}
