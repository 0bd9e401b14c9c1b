namespace RdmaPipeline.Backends.Packets;

/// <summary>
/// The network path shared by all packets of a burst. Addresses are GIDs: an IPv6 address as a big-endian 128-bit number, an IPv4
/// address as <c>::ffff:a.b.c.d</c> (R-WIRE-7). A native InfiniBand path has LIDs, and GIDs only when it is global (R-BE-51).
/// </summary>
/// <param name="Source">Sender's GID; 0 on a native path that is not global.</param>
/// <param name="Destination">Receiver's GID; 0 on a native path that is not global.</param>
/// <param name="TrafficClass">DSCP and ECN bits; IPv4 calls it TOS.</param>
/// <param name="HopLimit">Hop limit or TTL; 0 lets the back-end choose (64).</param>
/// <param name="FlowLabel">IPv6 flow label, 20 bits.</param>
/// <param name="SourcePort">UDP source port (R-WIRE-6); a back-end with one fixed port (R-BE-34) puts its own here.</param>
public readonly record struct FlowPath(
    UInt128 Source, UInt128 Destination, byte TrafficClass, byte HopLimit, uint FlowLabel, ushort SourcePort)
{
    /// <summary>Sender's LID, path bits included; 0 on RoCE, and on a port that has none yet.</summary>
    public ushort SourceLid { get; init; }

    /// <summary>Receiver's LID, or the group's; 0 on RoCE.</summary>
    public ushort DestinationLid { get; init; }

    /// <summary>SL, 0 to 15; native InfiniBand only.</summary>
    public byte ServiceLevel { get; init; }

    /// <summary>Whether the packets carry GIDs: always on RoCE, on native InfiniBand when they have a GRH.</summary>
    public bool IsGlobal => Destination != 0;
}
