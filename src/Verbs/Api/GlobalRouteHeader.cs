using System.Buffers.Binary;

namespace RdmaPipeline.Verbs;

/// <summary>
/// What the first 40 bytes of a received datagram say when its completion has <see cref="WorkCompletionFlags.Grh"/>: a GRH or IPv6 header,
/// or 20 bytes without meaning and an IPv4 header (R-RESP-37).
/// </summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">To whom: an address of the port, or a multicast group.</param>
/// <param name="TrafficClass">DSCP and ECN.</param>
/// <param name="FlowLabel">20 bits; 0 with IPv4.</param>
/// <param name="HopLimit">Hops that were left.</param>
public readonly record struct GlobalRouteHeader(Gid Source, Gid Destination, byte TrafficClass, uint FlowLabel, byte HopLimit)
{
    /// <summary>Bytes in front of the payload of every received datagram.</summary>
    public const int Length = 40;

    private const byte LargestHopLimit = 0xFF;
    private const int Ipv4Offset = 20;
    private const ulong MappedPrefix = 0xFFFF_0000_0000;
    private const uint LabelMask = 0xF_FFFF;

    /// <summary>Reads a header.</summary>
    /// <param name="area">The first <see cref="Length"/> bytes of the receive, or more.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few or hold neither header.</returns>
    public static bool TryRead(ReadOnlySpan<byte> area, out GlobalRouteHeader header)
    {
        header = default;
        if (area.Length < Length)
            return false;
        if (area[0] >> 4 == 6)
        {
            uint first = BinaryPrimitives.ReadUInt32BigEndian(area);
            header = new GlobalRouteHeader(Gid.Read(area[8..]), Gid.Read(area[24..]), (byte)(first >> 20), first & LabelMask, area[7]);
            return true;
        }
        ReadOnlySpan<byte> ip = area[Ipv4Offset..];
        header = new GlobalRouteHeader(Mapped(ip[12..]), Mapped(ip[16..]), ip[1], 0, ip[8]);
        return ip[0] == 0x45;
    }

    /// <summary>The way back to the sender: source and destination change places, the rest is copied (verbs.md section 2).</summary>
    /// <param name="vector">What the link tells of the way back.</param>
    /// <param name="sourceGidIndex">The entry of the port's GID table to answer from.</param>
    internal AddressVector Reverse(AddressVector vector, int sourceGidIndex) => vector with
    {
        IsGlobal = true,
        DestinationGid = Source,
        SourceGidIndex = sourceGidIndex,
        FlowLabel = FlowLabel,
        TrafficClass = TrafficClass,
        HopLimit = LargestHopLimit,
    };

    private static Gid Mapped(ReadOnlySpan<byte> address) =>
        new(new UInt128(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(address)));
}
