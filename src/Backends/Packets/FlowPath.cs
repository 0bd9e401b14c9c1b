namespace RdmaPipeline.Backends.Packets;

/// <summary>
/// The network path shared by all packets of a burst. Addresses are GIDs: an IPv6 address as a big-endian 128-bit number, an IPv4
/// address as <c>::ffff:a.b.c.d</c> (R-WIRE-7).
/// </summary>
/// <param name="Source">Sender's GID.</param>
/// <param name="Destination">Receiver's GID.</param>
/// <param name="TrafficClass">DSCP and ECN bits; IPv4 calls it TOS.</param>
/// <param name="HopLimit">Hop limit or TTL; 0 lets the back-end choose (64).</param>
/// <param name="FlowLabel">IPv6 flow label, 20 bits.</param>
/// <param name="SourcePort">UDP source port (R-WIRE-6); a back-end with one fixed port (R-BE-34) puts its own here.</param>
public readonly record struct FlowPath(
    UInt128 Source, UInt128 Destination, byte TrafficClass, byte HopLimit, uint FlowLabel, ushort SourcePort);
