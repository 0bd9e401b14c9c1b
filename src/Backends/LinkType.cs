namespace RdmaPipeline.Backends;

/// <summary>Frame format of a back-end's link.</summary>
public enum LinkType
{
    /// <summary>RoCEv2: IPv4 or IPv6, UDP port 4791.</summary>
    RoCEv2,

    /// <summary>RoCEv1: EtherType 0x8915 and a GRH.</summary>
    RoCEv1,

    /// <summary>Native InfiniBand: LRH, perhaps GRH, VCRC.</summary>
    InfiniBand,
}
