namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>LNH of the LRH: what follows it.</summary>
public enum LinkNextHeader : byte
{
    /// <summary>A raw packet with an EtherType (RWH follows).</summary>
    RawEtherType = 0,

    /// <summary>A raw IPv6 packet.</summary>
    RawIpv6 = 1,

    /// <summary>BTH.</summary>
    IbaLocal = 2,

    /// <summary>GRH, then BTH.</summary>
    IbaGlobal = 3,
}
