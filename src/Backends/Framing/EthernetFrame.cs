using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Framing;

/// <summary>Finds the transport packet in an Ethernet frame: RoCEv1 and RoCEv2, with or without an 802.1Q tag (R-WIRE-3).</summary>
public static class EthernetFrame
{
    private const int Ipv4HeaderLengthMask = 0xF;
    private const int FragmentOffsetMask = 0x1FFF;

    /// <summary>Looks at the link and network headers: steps 1 to 3 of the receive validation.</summary>
    /// <param name="frame">From the destination address on; padding behind the ICRC does no harm (R-WIRE-1).</param>
    /// <returns>Where things are. Any bytes give an answer.</returns>
    public static FrameLayout Locate(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader.Length)
            return FrameLayout.NotRdma;
        var offset = EthernetHeader.Length;
        var etherType = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        if (etherType == EtherTypes.Vlan && VlanTag.TryParse(frame[offset..], out var tag))
        {
            etherType = tag.EtherType;
            offset += VlanTag.Length;
        }

        return etherType switch
        {
            EtherTypes.RoCEv1 => LocateRoCEv1(frame, offset),
            EtherTypes.Ipv4 => LocateIpv4(frame, offset),
            EtherTypes.Ipv6 => LocateIpv6(frame, offset),
            _ => FrameLayout.NotRdma,
        };
    }

    // R-WIRE-4, R-WIRE-5: the GRH is mandatory and must announce the IBA transport.
    private static FrameLayout LocateRoCEv1(ReadOnlySpan<byte> frame, int offset) =>
        Grh.TryParse(frame[offset..], out var grh)
            ? FrameLayout.Judge(FrameKind.RoCEv1, offset, offset + Grh.Length, grh.PayloadLength, frame.Length)
            : FrameLayout.Bad(FrameKind.RoCEv1, offset, frame.Length - offset < Grh.Length ? DropReason.BadLength : DropReason.BadHeader);

    private static FrameLayout LocateIpv4(ReadOnlySpan<byte> frame, int offset)
    {
        var packet = frame[offset..];
        if (!CarriesRoCEv2(packet))
            return FrameLayout.NotRdma;
        if (!Ipv4Header.TryParse(packet, out var ip))
            return FrameLayout.Bad(FrameKind.RoCEv2OverIpv4, offset, DropReason.BadHeader);
        return LocateUdp(frame, FrameKind.RoCEv2OverIpv4, offset, offset + Ipv4Header.Length, ip.TotalLength - Ipv4Header.Length);
    }

    private static FrameLayout LocateIpv6(ReadOnlySpan<byte> frame, int offset) =>
        Ipv6Header.TryParse(frame[offset..], out var ip) && IsRoCEv2Port(frame[(offset + Ipv6Header.Length)..])
            ? LocateUdp(frame, FrameKind.RoCEv2OverIpv6, offset, offset + Ipv6Header.Length, ip.PayloadLength)
            : FrameLayout.NotRdma;

    private static FrameLayout LocateUdp(ReadOnlySpan<byte> frame, FrameKind kind, int networkOffset, int udpOffset, int udpRoom)
    {
        if (!UdpHeader.TryParse(frame[udpOffset..], out var udp) || udp.DatagramLength != udpRoom)
            return FrameLayout.Bad(kind, networkOffset, DropReason.BadLength);
        return FrameLayout.Judge(kind, networkOffset, udpOffset + UdpHeader.Length, udp.DatagramLength - UdpHeader.Length, frame.Length);
    }

    // Whether it is ours is asked before whether it is sound: fragments and options of other traffic are nobody's fault.
    private static bool CarriesRoCEv2(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Ipv4Header.Length || packet[0] >> 4 != 4 || packet[9] != Ipv4Header.Udp)
            return false;
        var headerLength = (packet[0] & Ipv4HeaderLengthMask) * 4;
        var isFirstFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & FragmentOffsetMask) == 0;
        return isFirstFragment && packet.Length > headerLength && IsRoCEv2Port(packet[headerLength..]);
    }

    private static bool IsRoCEv2Port(ReadOnlySpan<byte> udp) =>
        udp.Length >= 4 && BinaryPrimitives.ReadUInt16BigEndian(udp[2..]) == UdpHeader.RoCEv2Port;
}
