using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Hosting.Control.Taps;

/// <summary>
/// The frame of a packet as it is on the wire. Where a socket adds the headers of Ethernet, IP and UDP they are made up from the path; the
/// IPv4 identification, which a socket does not show, from the ICRC that covers it (R-BE-31).
/// </summary>
internal static class TapFrame
{
    private const byte DefaultHopLimit = 64;
    private const uint FlowLabelMask = 0xF_FFFF;
    private const int IdentificationOffset = 4;
    private const int CoveredAfterIdentification = Ipv4Header.Length - IdentificationOffset - sizeof(ushort) + UdpHeader.Length;

    /// <summary>The bytes of a packet.</summary>
    /// <param name="burst">A burst whose packets have frames.</param>
    /// <param name="index">The packet.</param>
    /// <param name="port">The UDP port that packets go to where frames begin with the BTH; 0 where they are whole.</param>
    public static byte[] Of(PacketBurst burst, int index, ushort port)
    {
        ref readonly var packet = ref burst.Packets[index];
        var bytes = burst.Bytes(packet.FrameOffset, packet.FrameLength);
        if (port == 0)
            return bytes.ToArray();
        bool isIpv4 = GidAddress.IsIpv4(burst.Path.Source) && GidAddress.IsIpv4(burst.Path.Destination);
        int start = EthernetHeader.Length + (isIpv4 ? Ipv4Header.Length : Ipv6Header.Length) + UdpHeader.Length;
        var frame = new byte[start + bytes.Length];
        bytes.CopyTo(frame.AsSpan(start));
        WriteHeaders(burst.Path, frame, isIpv4, port, (ushort)(UdpHeader.Length + bytes.Length));
        if (isIpv4 && bytes.Length >= FrameLayout.MinTransportLength)
            FindIdentification(burst.Path, frame, bytes.Length);
        return frame;
    }

    /// <summary>What a capture should say beside the bytes.</summary>
    public static string? Comment(PacketBurst burst, int index)
    {
        var reason = burst.Packets[index].Drop;
        return reason == DropReason.None ? null : $"dropped: {DropReasons.Name(reason)}";
    }

    private static void WriteHeaders(in FlowPath path, Span<byte> frame, bool isIpv4, ushort port, ushort datagram)
    {
        ushort type = isIpv4 ? EtherTypes.Ipv4 : EtherTypes.Ipv6;
        new EthernetHeader(MacAddress.FromGid(path.Destination), MacAddress.FromGid(path.Source), type).Write(frame);
        var ip = frame[EthernetHeader.Length..];
        if (isIpv4)
            Ipv4Of(path, datagram).Write(ip);
        else
            Ipv6Of(path, datagram).Write(ip);
        new UdpHeader { SourcePort = path.SourcePort, DestinationPort = port, DatagramLength = datagram }
            .Write(ip[(isIpv4 ? Ipv4Header.Length : Ipv6Header.Length)..]);
    }

    // A packet whose ICRC no identification explains is shown with 0: it is wrong on the wire too.
    private static void FindIdentification(in FlowPath path, Span<byte> frame, int transportLength)
    {
        int start = frame.Length - transportLength;
        var layout = new FrameLayout(FrameKind.RoCEv2OverIpv4, EthernetHeader.Length, start, transportLength, DropReason.None);
        uint difference = Icrc.Compute(frame, layout) ^ BinaryPrimitives.ReadUInt32LittleEndian(frame[^Icrc.Length..]);
        if (difference == 0 || !IdentificationRecovery.TryRecover(
                difference, CoveredAfterIdentification + transportLength - Icrc.Length, 0, out ushort found, out bool isWhole))
            return;
        var header = Ipv4Of(path, (ushort)(UdpHeader.Length + transportLength));
        (header with { Identification = found, DoNotFragment = isWhole }).Write(frame[EthernetHeader.Length..]);
    }

    private static Ipv4Header Ipv4Of(in FlowPath path, ushort datagram) => new()
    {
        TypeOfService = path.TrafficClass,
        TotalLength = (ushort)(Ipv4Header.Length + datagram),
        DoNotFragment = true,
        TimeToLive = HopsOf(path),
        Source = (uint)path.Source,
        Destination = (uint)path.Destination,
    };

    private static Ipv6Header Ipv6Of(in FlowPath path, ushort datagram) => new()
    {
        TrafficClass = path.TrafficClass,
        FlowLabel = path.FlowLabel & FlowLabelMask,
        PayloadLength = datagram,
        HopLimit = HopsOf(path),
        Source = path.Source,
        Destination = path.Destination,
    };

    private static byte HopsOf(in FlowPath path) => path.HopLimit == 0 ? DefaultHopLimit : path.HopLimit;
}
