using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Makes frames that a reader of captures understands out of packets that have no link headers, because a socket adds them or nobody has
/// made them yet. It remembers the headers of the last flow.
/// </summary>
internal sealed class CaptureFrames(int snapLength, ushort udpPort)
{
    private const int MostHeaders = 128;
    private const int DefaultHopLimit = 64;
    private const int IdentificationOffset = 4;
    private const int ChecksumOffset = 10;

    private readonly byte[] _frame = new byte[snapLength + MostHeaders];
    private FrameHeaders? _headers;
    private FlowPath _path;

    /// <summary>The frame of a packet whose bytes begin with the BTH.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="transport">BTH through ICRC, or through the pad where there is none yet; may be cut off.</param>
    /// <returns>The frame, valid until the next call.</returns>
    public ReadOnlySpan<byte> Make(in CapturedBytes packet, ReadOnlySpan<byte> transport)
    {
        if (_headers is null || packet.Path != _path)
            (_headers, _path) = (HeadersOf(packet.Path, packet.IsNative), packet.Path);
        int covered = packet.HasIcrc && packet.Kept == packet.Length ? transport.Length - Icrc.Length : transport.Length;
        covered &= ~3;
        int length = _headers.Assemble(transport[..covered], _frame);
        if (packet.Identification != 0 && _headers.Kind == FrameKind.RoCEv2OverIpv4)
            SetIdentification(_frame.AsSpan(EthernetHeader.Length), packet.Identification);
        // The ICRC stays what it was, right or wrong.
        if (packet.HasIcrc)
            transport.Slice(covered, Math.Min(Icrc.Length, transport.Length - covered)).CopyTo(_frame.AsSpan(_headers.Length + covered));
        return _frame.AsSpan(0, length);
    }

    // It was 0, so its part of the one's complement sum is all that the checksum changes by.
    private static void SetIdentification(Span<byte> ip, ushort identification)
    {
        BinaryPrimitives.WriteUInt16BigEndian(ip[IdentificationOffset..], identification);
        uint sum = (uint)(ushort)~BinaryPrimitives.ReadUInt16BigEndian(ip[ChecksumOffset..]) + identification;
        BinaryPrimitives.WriteUInt16BigEndian(ip[ChecksumOffset..], (ushort)~((sum & 0xFFFF) + (sum >> 16)));
    }

    private FrameHeaders HeadersOf(in FlowPath path, bool isNative)
    {
        if (isNative)
        {
            return new FrameHeaders
            {
                Kind = FrameKind.NativeLocal,
                Lrh = new Lrh
                {
                    Destination = path.DestinationLid, Source = path.SourceLid, ServiceLevel = path.ServiceLevel,
                    NextHeader = LinkNextHeader.IbaLocal,
                },
            };
        }

        bool isIpv4 = GidAddress.IsIpv4(path.Source) && GidAddress.IsIpv4(path.Destination);
        byte hops = path.HopLimit == 0 ? (byte)DefaultHopLimit : path.HopLimit;
        return new FrameHeaders
        {
            Kind = isIpv4 ? FrameKind.RoCEv2OverIpv4 : FrameKind.RoCEv2OverIpv6,
            Ethernet = new EthernetHeader(
                MacAddress.FromGid(path.Destination), MacAddress.FromGid(path.Source), isIpv4 ? EtherTypes.Ipv4 : EtherTypes.Ipv6),
            Ipv4 = new Ipv4Header
            {
                TypeOfService = path.TrafficClass, TimeToLive = hops, DoNotFragment = true,
                Source = isIpv4 ? (uint)path.Source : 0, Destination = isIpv4 ? (uint)path.Destination : 0,
            },
            Ipv6 = new Ipv6Header
            {
                TrafficClass = path.TrafficClass, FlowLabel = path.FlowLabel, HopLimit = hops, Source = path.Source,
                Destination = path.Destination,
            },
            Udp = new UdpHeader { SourcePort = path.SourcePort, DestinationPort = udpPort },
        };
    }
}
