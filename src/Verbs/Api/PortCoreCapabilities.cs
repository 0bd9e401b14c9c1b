namespace RdmaPipeline.Verbs;

/// <summary>What a port speaks, with the bits of the Linux RDMA core.</summary>
[Flags]
public enum PortCoreCapabilities
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Management datagrams on queue pair 1.</summary>
    ManagementDatagrams = 1 << 0,
    /// <summary>Subnet management datagrams on queue pair 0.</summary>
    SubnetManagement = 1 << 1,
    /// <summary>The InfiniBand connection manager.</summary>
    ConnectionManagement = 1 << 2,
    /// <summary>Asks a subnet administrator for paths.</summary>
    SubnetAdministration = 1 << 4,
    /// <summary>Addresses of the family AF_IB.</summary>
    InfiniBandAddresses = 1 << 12,
    /// <summary>Address vectors that hold an Ethernet address.</summary>
    EthernetAddressVectors = 1 << 13,
    /// <summary>Native InfiniBand.</summary>
    InfiniBand = 1 << 20,
    /// <summary>RoCE version 1.</summary>
    RoCEv1 = 1 << 21,
    /// <summary>RoCE version 2.</summary>
    RoCEv2 = 1 << 23,
}
