namespace RdmaPipeline.Backends.Management;

/// <summary>The management classes that a device may answer itself, with the standard's numbers (cm.md 1.1).</summary>
public enum ManagementClass : byte
{
    /// <summary>Subnet management, routed by LID.</summary>
    Subnet = 0x01,

    /// <summary>Performance management.</summary>
    Performance = 0x04,

    /// <summary>Subnet management by a directed route.</summary>
    SubnetDirectedRoute = 0x81,
}
