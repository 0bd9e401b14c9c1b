namespace RdmaPipeline.Backends.Framing;

/// <summary>The stack of headers in front of a BTH.</summary>
public enum FrameKind : byte
{
    /// <summary>Not an RDMA packet.</summary>
    None,

    /// <summary>Native InfiniBand without GRH.</summary>
    NativeLocal,

    /// <summary>Native InfiniBand with GRH.</summary>
    NativeGlobal,

    /// <summary>Native InfiniBand, raw packet: no BTH and no ICRC.</summary>
    NativeRaw,

    /// <summary>RoCEv1: Ethernet and GRH.</summary>
    RoCEv1,

    /// <summary>RoCEv2: Ethernet, IPv4, UDP.</summary>
    RoCEv2OverIpv4,

    /// <summary>RoCEv2: Ethernet, IPv6, UDP.</summary>
    RoCEv2OverIpv6,
}
