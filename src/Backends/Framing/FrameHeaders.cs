using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// The link and network headers of one frame of any format. Reading a frame and assembling it again gives the same bytes; lengths and
/// checksums are not taken from here but made.
/// </summary>
public sealed record FrameHeaders
{
    private const int WordLength = 4;

    /// <summary>The stack of headers; it says which of the properties are used.</summary>
    public required FrameKind Kind { get; init; }

    /// <summary>Ethernet header, in all RoCE formats.</summary>
    public EthernetHeader Ethernet { get; init; }

    /// <summary>802.1Q tag behind the Ethernet header.</summary>
    public VlanTag? Vlan { get; init; }

    /// <summary>LRH, in the native formats.</summary>
    public Lrh Lrh { get; init; }

    /// <summary>GRH, in RoCEv1 and native global frames.</summary>
    public Grh Grh { get; init; }

    /// <summary>IPv4 header.</summary>
    public Ipv4Header Ipv4 { get; init; }

    /// <summary>IPv6 header.</summary>
    public Ipv6Header Ipv6 { get; init; }

    /// <summary>UDP header.</summary>
    public UdpHeader Udp { get; init; }

    /// <summary>Whether the frame is native InfiniBand and ends with a VCRC.</summary>
    public bool IsNative => Kind is FrameKind.NativeLocal or FrameKind.NativeGlobal;

    /// <summary>Bytes in front of the BTH.</summary>
    public int Length => LinkLength + Kind switch
    {
        FrameKind.NativeLocal => 0,
        FrameKind.RoCEv2OverIpv4 => Ipv4Header.Length + UdpHeader.Length,
        FrameKind.RoCEv2OverIpv6 => Ipv6Header.Length + UdpHeader.Length,
        _ => Grh.Length,
    };

    private int LinkLength => IsNative ? Lrh.Length : EthernetHeader.Length + (Vlan is null ? 0 : VlanTag.Length);

    /// <summary>Reads the headers of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layout">Its layout, which is sound.</param>
    public static FrameHeaders Read(ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        var network = frame[layout.NetworkOffset..layout.TransportOffset];
        var headers = new FrameHeaders { Kind = layout.Kind };
        return layout.Kind switch
        {
            FrameKind.NativeLocal => headers with { Lrh = ReadLrh(frame) },
            FrameKind.NativeGlobal => headers with { Lrh = ReadLrh(frame), Grh = ReadGrh(network) },
            FrameKind.RoCEv1 => ReadEthernet(headers, frame) with { Grh = ReadGrh(network) },
            FrameKind.RoCEv2OverIpv4 => ReadEthernet(headers, frame) with
            {
                Ipv4 = Ipv4Header.TryParse(network, out var ip) ? ip : default,
                Udp = ReadUdp(network[Ipv4Header.Length..]),
            },
            _ => ReadEthernet(headers, frame) with
            {
                Ipv6 = Ipv6Header.TryParse(network, out var ip) ? ip : default,
                Udp = ReadUdp(network[Ipv6Header.Length..]),
            },
        };
    }

    /// <summary>Makes a whole frame: headers with their lengths, the transport packet, ICRC and, where the link has one, VCRC.</summary>
    /// <param name="covered">BTH through pad, a multiple of four bytes, at least 12.</param>
    /// <returns>The frame.</returns>
    /// <exception cref="ArgumentException">The transport packet is too short or not padded.</exception>
    public byte[] Assemble(ReadOnlySpan<byte> covered)
    {
        var frame = new byte[LengthOf(covered)];
        Assemble(covered, frame);
        return frame;
    }

    /// <summary>Makes a whole frame where there is room for it.</summary>
    /// <param name="covered">BTH through pad, a multiple of four bytes, at least 12.</param>
    /// <param name="frame">Where to; at least as long as the frame.</param>
    /// <returns>Bytes of the frame.</returns>
    /// <exception cref="ArgumentException">The transport packet is too short or not padded, or there is too little room.</exception>
    public int Assemble(ReadOnlySpan<byte> covered, Span<byte> frame)
    {
        frame = frame[..LengthOf(covered)];
        var transportLength = covered.Length + Icrc.Length;
        Write(frame, transportLength);
        covered.CopyTo(frame[Length..]);
        Icrc.Write(frame, FrameLayout.Judge(Kind, Kind == FrameKind.NativeLocal ? 0 : LinkLength, Length, transportLength, frame.Length));
        if (IsNative)
            Vcrc.Write(frame);
        return frame.Length;
    }

    /// <summary>Writes the headers alone, in front of a transport packet that has its ICRC already.</summary>
    /// <param name="frame">Where to; at least <see cref="Length"/> bytes.</param>
    /// <param name="transportLength">Bytes of the transport packet, 0 to 65 507: the headers' lengths are made from it.</param>
    public void Write(Span<byte> frame, int transportLength)
    {
        WriteLink(frame, transportLength);
        WriteNetwork(frame[LinkLength..], (ushort)transportLength);
    }

    private int LengthOf(ReadOnlySpan<byte> covered)
    {
        if (covered.Length < FrameLayout.MinTransportLength - Icrc.Length || covered.Length % WordLength != 0)
            throw new ArgumentException($"{covered.Length} bytes: at least 12 and a multiple of 4 are needed.", nameof(covered));
        return Length + covered.Length + Icrc.Length + (IsNative ? Vcrc.Length : 0);
    }

    private void WriteLink(Span<byte> frame, int transportLength)
    {
        if (IsNative)
        {
            (Lrh with { PacketLength = (ushort)((Length + transportLength) / WordLength) }).Write(frame);
            return;
        }

        Ethernet.Write(frame);
        Vlan?.Write(frame[EthernetHeader.Length..]);
    }

    private void WriteNetwork(Span<byte> network, ushort transportLength)
    {
        var datagramLength = (ushort)(transportLength + UdpHeader.Length);
        switch (Kind)
        {
            case FrameKind.RoCEv1 or FrameKind.NativeGlobal:
                (Grh with { PayloadLength = transportLength }).Write(network);
                break;
            case FrameKind.RoCEv2OverIpv4:
                (Ipv4 with { TotalLength = (ushort)(Ipv4Header.Length + datagramLength) }).Write(network);
                (Udp with { DatagramLength = datagramLength }).Write(network[Ipv4Header.Length..]);
                break;
            case FrameKind.RoCEv2OverIpv6:
                (Ipv6 with { PayloadLength = datagramLength }).Write(network);
                (Udp with { DatagramLength = datagramLength }).Write(network[Ipv6Header.Length..]);
                break;
            default:
                break;
        }
    }

    private static FrameHeaders ReadEthernet(FrameHeaders headers, ReadOnlySpan<byte> frame)
    {
        _ = EthernetHeader.TryParse(frame, out var ethernet);
        VlanTag? vlan = ethernet.EtherType == EtherTypes.Vlan && VlanTag.TryParse(frame[EthernetHeader.Length..], out var tag) ? tag : null;
        return headers with { Ethernet = ethernet, Vlan = vlan };
    }

    private static Lrh ReadLrh(ReadOnlySpan<byte> frame) => Lrh.TryParse(frame, out var header) ? header : default;

    private static Grh ReadGrh(ReadOnlySpan<byte> network) => Grh.TryParse(network, out var header) ? header : default;

    private static UdpHeader ReadUdp(ReadOnlySpan<byte> source) => UdpHeader.TryParse(source, out var header) ? header : default;
}
