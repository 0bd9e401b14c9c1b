using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Makes the frame of every captured packet as it is on the wire. Where a socket adds the link headers, or nobody has made a frame yet,
/// they are made from the path; the IPv4 Identification, which a socket does not show, from the ICRC that covers it (R-BE-31). It
/// remembers the headers of the last flow.
/// </summary>
internal sealed class CaptureFrames(int snapLength, ushort udpPort)
{
    private const int MostHeaders = 128;
    private const int DefaultHopLimit = 64;
    private const int IdentificationOffset = 4;
    private const uint FlowLabelMask = 0xF_FFFF;
    private const int CoveredAfterIdentification = Ipv4Header.Length - IdentificationOffset - sizeof(ushort) + UdpHeader.Length;

    private readonly byte[] _frame = new byte[snapLength + MostHeaders];
    private FrameHeaders? _headers;
    private FlowPath _path;

    /// <summary>The frame of a packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="bytes">
    /// What was kept of it: a whole frame, or BTH through ICRC, or BTH through the pad where nobody has encoded it yet; perhaps cut off.
    /// </param>
    /// <param name="originalLength">Bytes the frame has, or would have had where it is cut off.</param>
    /// <returns>The frame, valid until the next call.</returns>
    public ReadOnlySpan<byte> Make(in CapturedBytes packet, ReadOnlySpan<byte> bytes, out int originalLength)
    {
        originalLength = packet.Length;
        if (packet.HasLink)
            return bytes;
        if (_headers is null || packet.Path != _path)
            (_headers, _path) = (HeadersOf(packet.Path, packet.IsNative), packet.Path);
        bool isWhole = packet.Kept == packet.Length;
        if (!packet.HasIcrc && isWhole)
        {
            originalLength = _headers.Assemble(bytes[..(bytes.Length & ~3)], _frame);
            return _frame.AsSpan(0, originalLength);
        }
        // Nothing of what was on the wire is changed, be it ever so wrong.
        int transportLength = packet.Length + (packet.HasIcrc ? 0 : Icrc.Length);
        _headers.Write(_frame, transportLength);
        bytes.CopyTo(_frame.AsSpan(_headers.Length));
        if (isWhole && bytes.Length >= FrameLayout.MinTransportLength)
            FindIdentification(_headers, bytes.Length);
        originalLength = _headers.Length + transportLength + (_headers.IsNative ? Vcrc.Length : 0);
        return _frame.AsSpan(0, _headers.Length + bytes.Length);
    }

    // A packet whose ICRC no Identification explains is shown with 0: it is wrong on the wire too.
    private void FindIdentification(FrameHeaders headers, int transportLength)
    {
        if (headers.Kind != FrameKind.RoCEv2OverIpv4)
            return;
        var frame = _frame.AsSpan(0, headers.Length + transportLength);
        var layout = new FrameLayout(headers.Kind, EthernetHeader.Length, headers.Length, transportLength, default);
        uint difference = Icrc.Compute(frame, layout) ^ BinaryPrimitives.ReadUInt32LittleEndian(frame[^Icrc.Length..]);
        if (difference == 0 || !IdentificationRecovery.TryRecover(
                difference, CoveredAfterIdentification + transportLength - Icrc.Length, 0, out ushort found, out bool isWhole))
            return;
        (headers.Ipv4 with
        {
            Identification = found, DoNotFragment = isWhole,
            TotalLength = (ushort)(Ipv4Header.Length + UdpHeader.Length + transportLength),
        }).Write(frame[EthernetHeader.Length..]);
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
                TrafficClass = path.TrafficClass, FlowLabel = path.FlowLabel & FlowLabelMask, HopLimit = hops, Source = path.Source,
                Destination = path.Destination,
            },
            Udp = new UdpHeader { SourcePort = path.SourcePort, DestinationPort = udpPort },
        };
    }
}
