namespace RdmaPipeline.Verbs;

/// <summary>How packets to and from a GID are framed.</summary>
public enum GidType
{
    /// <summary>Native InfiniBand.</summary>
    InfiniBand = 0,
    /// <summary>RoCE version 1: GRH in an Ethernet frame.</summary>
    RoCEv1 = 1,
    /// <summary>RoCE version 2: UDP in IPv4 or IPv6.</summary>
    RoCEv2 = 2,
}
