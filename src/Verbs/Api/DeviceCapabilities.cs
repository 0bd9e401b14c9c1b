namespace RdmaPipeline.Verbs;

/// <summary>Optional features of a device, with the bits of the standard.</summary>
[Flags]
public enum DeviceCapabilities : ulong
{
    /// <summary>No optional feature.</summary>
    None = 0,
    /// <summary>Counts packets with a bad P_Key.</summary>
    BadPkeyCounter = 1UL << 1,
    /// <summary>Counts packets with a bad Q_Key.</summary>
    BadQkeyCounter = 1UL << 2,
    /// <summary>Automatic path migration.</summary>
    AutomaticPathMigration = 1UL << 4,
    /// <summary>The port may be changed in SQD.</summary>
    ChangePhysicalPort = 1UL << 5,
    /// <summary>A datagram must use an address on the port of its queue pair.</summary>
    DatagramPortEnforced = 1UL << 6,
    /// <summary>Raises PORT_ACTIVE.</summary>
    PortActiveEvent = 1UL << 10,
    /// <summary>Has a system image GUID.</summary>
    SystemImageGuid = 1UL << 11,
    /// <summary>Sends RNR NAKs.</summary>
    RnrNakGeneration = 1UL << 12,
    /// <summary>Shared receive queues can be resized.</summary>
    SharedReceiveQueueResize = 1UL << 13,
    /// <summary>Memory windows.</summary>
    MemoryWindow = 1UL << 17,
    /// <summary>XRC: domains, initiators, targets.</summary>
    ExtendedReliableConnection = 1UL << 20,
    /// <summary>Fast registration and local invalidation by work request.</summary>
    MemoryManagementExtensions = 1UL << 21,
    /// <summary>Type 2A memory windows.</summary>
    MemoryWindowType2A = 1UL << 23,
    /// <summary>Type 2B memory windows.</summary>
    MemoryWindowType2B = 1UL << 24,
    /// <summary>On-demand paging: regions whose pages need not be there.</summary>
    OnDemandPaging = 1UL << 31,
    /// <summary>FLUSH to global visibility.</summary>
    FlushGlobal = 1UL << 38,
    /// <summary>FLUSH to persistence.</summary>
    FlushPersistent = 1UL << 39,
    /// <summary>ATOMIC WRITE.</summary>
    AtomicWrite = 1UL << 40,
}
