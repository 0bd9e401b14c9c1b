namespace RdmaPipeline.Verbs;

/// <summary>The way to a peer: what goes into the headers below the transport.</summary>
public sealed record AddressVector
{
    /// <summary>The local port, from 1.</summary>
    public int Port { get; init; } = 1;

    /// <summary>Packets carry a global route header; always so on RoCE.</summary>
    public bool IsGlobal { get; init; } = true;

    /// <summary>The peer's GID.</summary>
    public Gid DestinationGid { get; init; }

    /// <summary>Which entry of the local GID table is the source; the slot must be in use.</summary>
    public int SourceGidIndex { get; init; }

    /// <summary>The IPv6 flow label, 20 bits.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>Hops until the packet is discarded, 0 to 255.</summary>
    public byte HopLimit { get; init; } = 64;

    /// <summary>Traffic class (DSCP and ECN), 0 to 255.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>Service level, 0 to 15.</summary>
    public byte ServiceLevel { get; init; }

    /// <summary>The peer's local identifier; native InfiniBand only.</summary>
    public ushort DestinationLid { get; init; }

    /// <summary>Low bits of the source LID; native InfiniBand only.</summary>
    public byte SourcePathBits { get; init; }

    /// <summary>Static rate code; native InfiniBand only.</summary>
    public byte StaticRate { get; init; }
}
