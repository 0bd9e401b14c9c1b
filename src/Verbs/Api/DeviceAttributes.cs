namespace RdmaPipeline.Verbs;

/// <summary>What a device is and how much it can do (verbs.md 8). A request equal to a limit succeeds (R-VERB-18).</summary>
public sealed record DeviceAttributes
{
    /// <summary>The name of the device.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the implementation.</summary>
    public string FirmwareVersion { get; init; } = "";

    /// <summary>The EUI-64 of the node.</summary>
    public ulong NodeGuid { get; init; }

    /// <summary>The EUI-64 of the system.</summary>
    public ulong SystemImageGuid { get; init; }

    /// <summary>The description of the node, up to 64 bytes of UTF-8; <see cref="RdmaDevice.ModifyDevice"/> changes it.</summary>
    public string NodeDescription { get; init; } = "";

    /// <summary>Vendor identifier, 24 bits.</summary>
    public uint VendorId { get; init; } = 0xFFFFFF;

    /// <summary>Vendor's part number.</summary>
    public uint VendorPartId { get; init; }

    /// <summary>Hardware version.</summary>
    public uint HardwareVersion { get; init; }

    /// <summary>Optional features.</summary>
    public DeviceCapabilities Capabilities { get; init; } =
        DeviceCapabilities.BadPkeyCounter | DeviceCapabilities.BadQkeyCounter | DeviceCapabilities.ChangePhysicalPort
        | DeviceCapabilities.DatagramPortEnforced | DeviceCapabilities.PortActiveEvent | DeviceCapabilities.SystemImageGuid
        | DeviceCapabilities.RnrNakGeneration | DeviceCapabilities.SharedReceiveQueueResize
        | DeviceCapabilities.ExtendedReliableConnection;

    /// <summary>With what remote atomics are atomic.</summary>
    public AtomicCapability AtomicCapability { get; init; } = AtomicCapability.Device;

    /// <summary>Queue pairs.</summary>
    public int MaxQueuePairs { get; init; } = (1 << 20) - 16;

    /// <summary>Work requests in one send or receive queue.</summary>
    public int MaxQueuePairWorkRequests { get; init; } = 1 << 20;

    /// <summary>Scatter-gather entries of one work request.</summary>
    public int MaxScatterGatherEntries { get; init; } = 32;

    /// <summary>Scatter-gather entries of one RDMA read.</summary>
    public int MaxReadScatterGatherEntries { get; init; } = 32;

    /// <summary>Bytes of inline data.</summary>
    public int MaxInlineData { get; init; } = 512;

    /// <summary>Completion queues.</summary>
    public int MaxCompletionQueues { get; init; } = 1 << 20;

    /// <summary>Entries of one completion queue.</summary>
    public int MaxCompletionQueueEntries { get; init; } = (1 << 15) - 1;

    /// <summary>Memory regions.</summary>
    public int MaxMemoryRegions { get; init; } = (1 << 19) - 1;

    /// <summary>Bytes of one memory region.</summary>
    public ulong MaxMemoryRegionSize { get; init; } = ulong.MaxValue;

    /// <summary>Memory windows.</summary>
    public int MaxMemoryWindows { get; init; }

    /// <summary>Bytes of device memory, all pieces together; 0 where there is none.</summary>
    public ulong MaxDeviceMemory { get; init; }

    /// <summary>Page sizes, one bit each.</summary>
    public ulong PageSizes { get; init; } = 0xFFFFF000;

    /// <summary>Protection domains.</summary>
    public int MaxProtectionDomains { get; init; } = 1 << 20;

    /// <summary>Address handles.</summary>
    public int MaxAddressHandles { get; init; } = (1 << 15) - 1;

    /// <summary>The limit of <see cref="QueuePairAttributes.MaxDestinationReadAtomic"/>.</summary>
    public int MaxQueuePairReadAtomic { get; init; } = 128;

    /// <summary>The limit of <see cref="QueuePairAttributes.MaxReadAtomic"/>.</summary>
    public int MaxQueuePairInitiatorReadAtomic { get; init; } = 128;

    /// <summary>
    /// Reads and atomics kept by all queue pairs together, as Linux Soft-RoCE reports it. Memory is the only limit, so nothing is refused
    /// because of it.
    /// </summary>
    public int MaxReadAtomicResources { get; init; } = 0x3F000;

    /// <summary>Shared receive queues.</summary>
    public int MaxSharedReceiveQueues { get; init; } = (1 << 20) - 0x20001;

    /// <summary>Work requests in one shared receive queue.</summary>
    public int MaxSharedReceiveQueueWorkRequests { get; init; } = 1 << 20;

    /// <summary>Scatter-gather entries of one receive of a shared receive queue.</summary>
    public int MaxSharedReceiveQueueEntries { get; init; } = 27;

    /// <summary>Multicast groups.</summary>
    public int MaxMulticastGroups { get; init; }

    /// <summary>Queue pairs in one multicast group.</summary>
    public int MaxMulticastQueuePairs { get; init; }

    /// <summary>Memberships in all multicast groups together.</summary>
    public int MaxMulticastMemberships { get; init; }

    /// <summary>Pages of one fast registration.</summary>
    public int MaxFastRegistrationPages { get; init; }

    /// <summary>Entries of the P_Key table.</summary>
    public int MaxPkeys { get; init; } = 64;

    /// <summary>The longest delay before an acknowledgement: 4.096 µs · 2^n.</summary>
    public int LocalAckDelay { get; init; } = 15;

    /// <summary>Ports.</summary>
    public int PortCount { get; init; } = 1;

    /// <summary>Completion vectors.</summary>
    public int CompletionVectors { get; init; } = 1;

    /// <summary>Kilohertz of the clock of <see cref="RdmaDevice.ReadClock"/> and of completion timestamps: a tick is 1 ns.</summary>
    public int CoreClockKilohertz { get; init; } = 1_000_000;

    /// <summary>Completions that may make one event of a completion queue.</summary>
    public int MaxModerationCount { get; init; } = ushort.MaxValue;

    /// <summary>Microseconds by which the event of a completion queue may be held back.</summary>
    public int MaxModerationPeriodMicroseconds { get; init; } = ushort.MaxValue;
}
