using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// The link headers of one flow, made once and patched for each packet: as they go on the wire, and as the ICRC sees them.
/// </summary>
internal sealed class RoCEv2Headers
{
    private const byte DefaultHopLimit = 64;
    private const int Ipv4LengthOffset = 2;
    private const int Ipv6LengthOffset = 4;
    private const int UdpLengthOffset = 4;

    private readonly byte[] _link = new byte[EthernetHeader.Length + Ipv6Header.Length + UdpHeader.Length];
    private readonly byte[] _masked = new byte[Ipv6Header.Length + UdpHeader.Length + PacketBurst.HeaderAreaBytes];
    private FlowPath _path;
    private ushort _destinationPort;
    private bool _isLoaded;
    private int _ipLength;
    private uint _checksumBase;

    public FrameKind Kind { get; private set; }

    /// <summary>Bytes of the masked headers in front of the BTH.</summary>
    public int MaskedLength => _ipLength + UdpHeader.Length;

    /// <summary>The masked headers, with room for a transport header behind them.</summary>
    public Span<byte> Masked => _masked;

    /// <summary>Ethernet, IP and UDP headers.</summary>
    public ReadOnlySpan<byte> Link => _link.AsSpan(0, EthernetHeader.Length + MaskedLength);

    /// <summary>Prepares for packets of a flow; nothing to do when it is the last one again.</summary>
    public void Load(in FlowPath path, ushort destinationPort)
    {
        if (_isLoaded && path == _path && destinationPort == _destinationPort)
            return;
        _path = path;
        _destinationPort = destinationPort;
        _isLoaded = true;
        var isIpv4 = GidAddress.IsIpv4(path.Source) && GidAddress.IsIpv4(path.Destination);
        Kind = isIpv4 ? FrameKind.RoCEv2OverIpv4 : FrameKind.RoCEv2OverIpv6;
        _ipLength = isIpv4 ? Ipv4Header.Length : Ipv6Header.Length;
        var etherType = isIpv4 ? EtherTypes.Ipv4 : EtherTypes.Ipv6;
        new EthernetHeader(MacAddress.FromGid(path.Destination), MacAddress.FromGid(path.Source), etherType).Write(_link);
        if (isIpv4)
            WriteIpv4(path);
        else
            WriteIpv6(path);
        WriteUdp(path, destinationPort);
        _link.AsSpan(EthernetHeader.Length, MaskedLength).CopyTo(_masked);
        IcrcMask.Apply(_masked.AsSpan(0, MaskedLength), Kind);
    }

    /// <summary>Puts in what differs between packets of a flow.</summary>
    /// <param name="transportLength">BTH through ICRC.</param>
    /// <param name="identification">IPv4 Identification.</param>
    public void SetPacket(int transportLength, ushort identification)
    {
        var datagramLength = (ushort)(UdpHeader.Length + transportLength);
        if (Kind == FrameKind.RoCEv2OverIpv4)
            SetIpv4((ushort)(Ipv4Header.Length + datagramLength), identification);
        else
            WriteBoth(Ipv6LengthOffset, datagramLength);
        WriteBoth(_ipLength + UdpLengthOffset, datagramLength);
    }

    private void SetIpv4(ushort totalLength, ushort identification)
    {
        WriteBoth(Ipv4LengthOffset, totalLength);
        WriteBoth(Ipv4Header.IdentificationOffset, identification);
        BinaryPrimitives.WriteUInt16BigEndian(_link.AsSpan(EthernetHeader.Length + Ipv4Header.ChecksumOffset),
            InternetChecksum.Finish(_checksumBase + totalLength + identification));
    }

    private void WriteBoth(int offset, ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_link.AsSpan(EthernetHeader.Length + offset), value);
        BinaryPrimitives.WriteUInt16BigEndian(_masked.AsSpan(offset), value);
    }

    private void WriteIpv4(in FlowPath path)
    {
        var ip = _link.AsSpan(EthernetHeader.Length, Ipv4Header.Length);
        new Ipv4Header
        {
            TypeOfService = path.TrafficClass,
            TotalLength = Ipv4Header.Length + UdpHeader.Length,
            DoNotFragment = true,
            TimeToLive = HopLimit(path),
            Source = (uint)path.Source,
            Destination = (uint)path.Destination,
        }.Write(ip);
        ip.Slice(Ipv4LengthOffset, 2).Clear();
        ip.Slice(Ipv4Header.ChecksumOffset, 2).Clear();
        _checksumBase = InternetChecksum.Sum(ip);
    }

    private void WriteIpv6(in FlowPath path) => new Ipv6Header
    {
        TrafficClass = path.TrafficClass,
        FlowLabel = path.FlowLabel & VersionClassLabel.LabelMask,
        HopLimit = HopLimit(path),
        Source = path.Source,
        Destination = path.Destination,
    }.Write(_link.AsSpan(EthernetHeader.Length));

    private void WriteUdp(in FlowPath path, ushort destinationPort) => new UdpHeader
    {
        SourcePort = path.SourcePort,
        DestinationPort = destinationPort,
        DatagramLength = UdpHeader.Length,
    }.Write(_link.AsSpan(EthernetHeader.Length + _ipLength));

    private static byte HopLimit(in FlowPath path) => path.HopLimit == 0 ? DefaultHopLimit : path.HopLimit;
}
