using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Devices;

/// <summary>Prints a device in the layout of ibv_devinfo, with -v of <c>ibv_devinfo -v</c>.</summary>
public sealed class DeviceListing(TextWriter output, bool verbose)
{
    public void Print(DeviceReport device)
    {
        output.WriteLine($"hca_id:\t{device.Uri}");
        foreach (var (name, value) in Identity(device.Attributes)) Line("\t", name, value, column: 32);
        if (verbose) PrintLimits(device.Attributes);
        foreach (var port in device.Ports) PrintPort(port);
    }

    private static IEnumerable<(string Name, object Value)> Identity(DeviceAttributes device) =>
    [
        ("transport", "InfiniBand (0)"),
        ("fw_ver", device.FirmwareVersion),
        ("node_guid", Guid(device.NodeGuid)),
        ("sys_image_guid", Guid(device.SystemImageGuid)),
        ("vendor_id", $"0x{device.VendorId:x4}"),
        ("vendor_part_id", device.VendorPartId),
        ("hw_ver", $"0x{device.HardwareVersion:X}"),
        ("phys_port_cnt", device.PortCount),
    ];

    private void PrintLimits(DeviceAttributes device)
    {
        Line("\t", "max_mr_size", $"0x{device.MaxMemoryRegionSize:x}", 32);
        Line("\t", "page_size_cap", $"0x{device.PageSizes:x}", 32);
        Line("\t", "max_qp", device.MaxQueuePairs, 32);
        Line("\t", "max_qp_wr", device.MaxQueuePairWorkRequests, 32);
        // The program's two lines: the 32 bits of the standard, then all of them with the names of those beyond.
        var basic = (DeviceCapabilities)(uint)device.Capabilities;
        PrintFlags("device_cap_flags", $"0x{(ulong)basic:x8}", basic);
        foreach (var (name, value) in Limits(device)) Line("\t", name, value, 32);
        Line("\t", "hca_core_clock", $"{device.CoreClockKilohertz}kHZ", 32);
        PrintFlags("device_cap_flags_ex", $"0x{(ulong)device.Capabilities:X}", device.Capabilities & ~basic);
        output.WriteLine("\tcq moderation caps:");
        output.WriteLine($"\t\tmax_cq_count:\t{device.MaxModerationCount}");
        output.WriteLine($"\t\tmax_cq_period:\t{device.MaxModerationPeriodMicroseconds} us");
        output.WriteLine($"\tmaximum available device memory:\t{device.MaxDeviceMemory}Bytes");
        Line("\t", "num_comp_vectors", device.CompletionVectors, 32);
    }

    private void PrintFlags(string line, string value, DeviceCapabilities named)
    {
        Line("\t", line, value, 32);
        foreach (var name in DeviceCapabilityNames.Of(named)) output.WriteLine($"\t\t\t\t\t{name}");
    }

    private static IEnumerable<(string Name, object Value)> Limits(DeviceAttributes device) =>
    [
        ("max_sge", device.MaxScatterGatherEntries),
        ("max_sge_rd", device.MaxReadScatterGatherEntries),
        ("max_cq", device.MaxCompletionQueues),
        ("max_cqe", device.MaxCompletionQueueEntries),
        ("max_mr", device.MaxMemoryRegions),
        ("max_pd", device.MaxProtectionDomains),
        ("max_qp_rd_atom", device.MaxQueuePairReadAtomic),
        ("max_res_rd_atom", device.MaxReadAtomicResources),
        ("max_qp_init_rd_atom", device.MaxQueuePairInitiatorReadAtomic),
        ("atomic_cap", AtomicName(device.AtomicCapability)),
        ("max_mw", device.MaxMemoryWindows),
        ("max_mcast_grp", device.MaxMulticastGroups),
        ("max_mcast_qp_attach", device.MaxMulticastQueuePairs),
        ("max_total_mcast_qp_attach", device.MaxMulticastMemberships),
        ("max_ah", device.MaxAddressHandles),
        ("max_srq", device.MaxSharedReceiveQueues),
        ("max_srq_wr", device.MaxSharedReceiveQueueWorkRequests),
        ("max_srq_sge", device.MaxSharedReceiveQueueEntries),
        ("max_pkeys", device.MaxPkeys),
        ("local_ca_ack_delay", device.LocalAckDelay),
    ];

    private void PrintPort(PortReport report)
    {
        output.WriteLine($"\t\tport:\t{report.Port}");
        foreach (var (name, value) in State(report.Attributes)) Line("\t\t\t", name, value, column: 24);
        if (verbose)
        {
            foreach (var (name, value) in Details(report.Attributes)) Line("\t\t\t", name, value, column: 24);
            foreach (var gid in report.Gids) output.WriteLine($"\t\t\tGID[{gid.Index,3}]:\t\t{gid.Gid}, {gid.Type}");
            for (var index = 0; index < report.Pkeys.Count; index++)
                if (report.Pkeys[index] != 0) output.WriteLine($"\t\t\tPKEY[{index,2}]:\t\t0x{report.Pkeys[index]:x4}");
        }

        output.WriteLine();
    }

    private static IEnumerable<(string Name, object Value)> State(PortAttributes port) =>
    [
        ("state", $"PORT_{port.State.ToString().ToUpperInvariant()} ({(int)port.State})"),
        ("max_mtu", $"{port.MaxMtu.ToBytes()} ({(int)port.MaxMtu})"),
        ("active_mtu", $"{port.ActiveMtu.ToBytes()} ({(int)port.ActiveMtu})"),
        ("sm_lid", port.SubnetManagerLid),
        ("port_lid", port.Lid),
        ("port_lmc", $"0x{port.LidMaskControl:x2}"),
        ("link_layer", port.LinkLayer == LinkLayer.Ethernet ? "Ethernet" : "InfiniBand"),
    ];

    private static IEnumerable<(string Name, object Value)> Details(PortAttributes port) =>
    [
        ("max_msg_sz", $"0x{port.MaxMessageSize:x}"),
        ("port_cap_flags", $"0x{port.CapabilityFlags:x8}"),
        ("max_vl_num", $"{1 << (port.MaxVirtualLanes - 1)} ({port.MaxVirtualLanes})"),
        ("bad_pkey_cntr", $"0x{port.BadPkeyCount:x}"),
        ("qkey_viol_cntr", $"0x{port.BadQkeyCount:x}"),
        ("pkey_tbl_len", port.PkeyTableLength),
        ("gid_tbl_len", port.GidTableLength),
        ("active_width", $"{WidthName(port.ActiveWidth)}X ({port.ActiveWidth})"),
        ("active_speed", $"{SpeedName(port.ActiveSpeed)} ({port.ActiveSpeed})"),
        ("phys_state", PhysicalName(port.PhysicalState)),
    ];

    // Values stand at a tab stop, one tab at least behind the name.
    private void Line(string indent, string name, object value, int column)
    {
        var tabs = Math.Max(1, (column - name.Length - 1 + 7) / 8);
        output.WriteLine($"{indent}{name}:{new string('\t', tabs)}{value}");
    }

    private static string Guid(ulong guid) => string.Join(':', $"{guid:x16}".Chunk(4).Select(part => new string(part)));

    private static string AtomicName(AtomicCapability capability) => capability switch
    {
        AtomicCapability.Device => "ATOMIC_HCA (1)",
        AtomicCapability.Global => "ATOMIC_GLOB (2)",
        _ => "ATOMIC_NONE (0)",
    };

    private static string PhysicalName(PortPhysicalState state) => state switch
    {
        PortPhysicalState.LinkUp => "LINK_UP (5)",
        PortPhysicalState.Disabled => "DISABLED (3)",
        PortPhysicalState.Polling => "POLLING (2)",
        _ => $"invalid physical state ({(int)state})",
    };

    private static string WidthName(int code) => code switch { 1 => "1", 2 => "4", 4 => "8", 8 => "12", 16 => "2", _ => "?" };

    private static string SpeedName(int code) => code switch
    {
        1 => "2.5 Gbps", 2 => "5.0 Gbps", 4 or 8 => "10.0 Gbps", 16 => "14.0 Gbps", 32 => "25.0 Gbps", 64 => "50.0 Gbps",
        _ => "invalid speed",
    };
}
