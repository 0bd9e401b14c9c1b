using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// RoCEv2 as whole Ethernet frames: IPv4 or IPv6 by the path, Identification 0, DF 1, UDP checksum 0. MAC addresses are derived from the
/// GIDs. Every ICRC is checked with all 32 bits.
/// </summary>
public sealed class RoCEv2EthernetCodec : FrameCodec
{
    private const int BthDestinationOffset = 4;
    private const uint QueuePairMask = 0xFF_FFFF;

    private readonly RoCEv2Headers _headers = new();
    private readonly bool _icrc;

    /// <summary>Makes a codec.</summary>
    /// <param name="icrc">False when the medium vouches for the bytes: then ICRCs are sent as 0 and not checked.</param>
    public RoCEv2EthernetCodec(bool icrc = true) => _icrc = icrc;

    private RoCEv2EthernetCodec(RoCEv2EthernetCodec origin)
        : base(origin) => _icrc = origin._icrc;

    /// <inheritdoc/>
    public override int FrameOverhead => EthernetHeader.Length + Ipv6Header.Length + UdpHeader.Length;

    /// <inheritdoc/>
    public override FrameCodec Fork() => new RoCEv2EthernetCodec(this);

    /// <inheritdoc/>
    public override void Encode(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        _headers.Load(burst.Path, UdpHeader.RoCEv2Port);
        var offset = 0;
        for (var i = 0; i < burst.Count; i++)
            offset += EncodePacket(burst, i, offset);
        burst.RunCount = 0;
        burst.State = BurstStage.Encoded;
    }

    /// <inheritdoc/>
    public override void Decode(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        var hasPath = false;
        for (var i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            if (packet.Drop != DropReason.None)
                continue;
            var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
            var layout = EthernetFrame.Locate(frame);
            if (!layout.IsSound || layout.Kind == FrameKind.RoCEv1)
            {
                packet.Drop = layout.Fault == DropReason.None ? DropReason.BadHeader : layout.Fault;
                continue;
            }

            Judge(ref packet, frame, layout);
            if (packet.Icrc != IcrcStatus.Invalid)
                hasPath = TakePath(burst, ref packet, FramePath.Read(frame, layout), hasPath);
        }

        burst.State = BurstStage.Decoded;
    }

    /// <inheritdoc/>
    public override FrameOrigin ReadOrigin(PacketBurst burst, in PacketDescriptor packet, Span<byte> routeHeader)
    {
        ArgumentNullException.ThrowIfNull(burst);
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
        return new FrameOrigin(RouteHeader.Read(frame, EthernetFrame.Locate(frame), routeHeader));
    }

    private int EncodePacket(PacketBurst burst, int index, int offset)
    {
        ref var packet = ref burst.Packets[index];
        var link = _headers.Link;
        packet.FrameOffset = offset;
        packet.TransportOffset = offset + link.Length;
        packet.TransportLength = TransportEncoder.LengthOf(packet);
        packet.FrameLength = link.Length + packet.TransportLength;
        _headers.SetPacket(packet.TransportLength, identification: 0);
        link.CopyTo(burst.Bytes(offset, packet.FrameLength));
        if (_icrc)
            TransportEncoder.Encode(burst, index, _headers);
        else
            TransportEncoder.EncodeWithoutIcrc(burst, index);
        return packet.FrameLength;
    }

    private void Judge(ref PacketDescriptor packet, ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        packet.TransportOffset = packet.FrameOffset + layout.TransportOffset;
        packet.TransportLength = layout.TransportLength;
        packet.DestinationQueuePair =
            BinaryPrimitives.ReadUInt32BigEndian(frame[(layout.TransportOffset + BthDestinationOffset)..]) & QueuePairMask;
        packet.Icrc = !_icrc ? IcrcStatus.Offloaded : Icrc.Verify(frame, layout) ? IcrcStatus.Valid32 : IcrcStatus.Invalid;
        Verdicts.Count(packet.Icrc);
    }

    // A burst is one flow. The addresses are taken from a packet whose ICRC covers them, never from a corrupt one.
    private static bool TakePath(PacketBurst burst, ref PacketDescriptor packet, in FlowPath path, bool hasPath)
    {
        if (!hasPath)
            burst.Path = path;
        else if (path.Source != burst.Path.Source || path.Destination != burst.Path.Destination)
            packet.Drop = DropReason.BadHeader;
        return true;
    }
}
