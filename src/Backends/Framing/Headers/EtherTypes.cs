namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>EtherTypes that matter to RDMA.</summary>
public static class EtherTypes
{
    /// <summary>IPv4.</summary>
    public const ushort Ipv4 = 0x0800;

    /// <summary>IPv6.</summary>
    public const ushort Ipv6 = 0x86DD;

    /// <summary>An 802.1Q tag follows (R-WIRE-3).</summary>
    public const ushort Vlan = 0x8100;

    /// <summary>RoCEv1: a GRH follows (R-WIRE-5).</summary>
    public const ushort RoCEv1 = 0x8915;
}
