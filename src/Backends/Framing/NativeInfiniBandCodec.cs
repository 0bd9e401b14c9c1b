using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// Native InfiniBand frames: LRH, GRH on a global path, the transport packet, VCRC (R-BE-50). The VCRC is checked before anything else, the
/// headers next, the ICRC last (R-WIRE-25).
/// </summary>
public sealed class NativeInfiniBandCodec : FrameCodec
{
    private readonly NativeHeaders _headers = new();
    private readonly NativePort _port;
    private readonly bool _crc;

    /// <summary>Makes a codec.</summary>
    /// <param name="port">The port whose frames these are.</param>
    /// <param name="crc">False when the medium vouches for the bytes: then both CRCs are sent as 0 and not checked.</param>
    public NativeInfiniBandCodec(NativePort port, bool crc = true)
    {
        ArgumentNullException.ThrowIfNull(port);
        (_port, _crc) = (port, crc);
    }

    private NativeInfiniBandCodec(NativeInfiniBandCodec origin)
        : base(origin) => (_port, _crc) = (origin._port, origin._crc);

    /// <inheritdoc/>
    public override int FrameOverhead => Lrh.Length + Grh.Length + Vcrc.Length;

    /// <inheritdoc/>
    public override FrameCodec Fork() => new NativeInfiniBandCodec(this);

    /// <inheritdoc/>
    public override void Encode(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        _headers.Load(burst.Path, _port.LaneOf(burst.Path.ServiceLevel));
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
            packet.Drop = Judge(frame, ref packet, out var layout);
            if (packet.Drop == DropReason.None && packet.Icrc != IcrcStatus.Invalid)
                hasPath = TakePath(burst, ref packet, FramePath.Read(frame, layout), hasPath);
        }

        burst.State = BurstStage.Decoded;
    }

    /// <inheritdoc/>
    public override FrameOrigin ReadOrigin(PacketBurst burst, in PacketDescriptor packet, Span<byte> routeHeader)
    {
        ArgumentNullException.ThrowIfNull(burst);
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
        var path = burst.Path;
        var pathBits = path.DestinationLid < Lrh.FirstMulticastLid ? path.DestinationLid & ((1 << _port.LidMaskControl) - 1) : 0;
        return new FrameOrigin(
            RouteHeader.Read(frame, NativeFrame.Locate(frame), routeHeader), path.SourceLid, path.ServiceLevel, (byte)pathBits);
    }

    private int EncodePacket(PacketBurst burst, int index, int offset)
    {
        ref var packet = ref burst.Packets[index];
        packet.FrameOffset = offset;
        packet.TransportOffset = offset + _headers.Length;
        packet.TransportLength = TransportEncoder.LengthOf(packet);
        packet.FrameLength = _headers.Length + packet.TransportLength + Vcrc.Length;
        _headers.SetPacket(packet.TransportLength, NativeAddressing.QueuePairOf(burst.HeaderArea(index)) == 0);
        var frame = burst.Bytes(offset, packet.FrameLength);
        _headers.Link.CopyTo(frame);
        if (_crc)
        {
            TransportEncoder.Encode(burst, index, _headers.Masked, _headers.MaskedLength, _headers.Seed);
            Vcrc.Write(frame);
        }
        else
        {
            TransportEncoder.EncodeWithoutIcrc(burst, index);
            frame[^Vcrc.Length..].Clear();
        }

        return packet.FrameLength;
    }

    private DropReason Judge(ReadOnlySpan<byte> frame, ref PacketDescriptor packet, out FrameLayout layout)
    {
        layout = default;
        if (_crc && !Vcrc.Verify(frame))
            return DropReason.VcrcMismatch;
        layout = NativeFrame.Locate(frame);
        if (!layout.IsSound)
            return layout.Fault == DropReason.None ? DropReason.BadHeader : layout.Fault;
        packet.TransportOffset = packet.FrameOffset + layout.TransportOffset;
        packet.TransportLength = layout.TransportLength;
        packet.DestinationQueuePair = NativeAddressing.QueuePairOf(frame[layout.TransportOffset..]);
        var fault = NativeAddressing.Judge(frame, layout, _port);
        if (fault != DropReason.None)
            return fault;
        packet.Icrc = !_crc ? IcrcStatus.Offloaded : Icrc.Verify(frame, layout) ? IcrcStatus.Valid32 : IcrcStatus.Invalid;
        Verdicts.Count(packet.Icrc);
        return DropReason.None;
    }

    // A burst is one flow. The addresses are taken from a packet whose ICRC covers them, never from a corrupt one.
    private static bool TakePath(PacketBurst burst, ref PacketDescriptor packet, in FlowPath path, bool hasPath)
    {
        if (!hasPath)
            burst.Path = path;
        else if (!IsSameFlow(path, burst.Path))
            packet.Drop = DropReason.BadHeader;
        return true;
    }

    private static bool IsSameFlow(in FlowPath left, in FlowPath right) =>
        (left.SourceLid, left.DestinationLid) == (right.SourceLid, right.DestinationLid)
        && left.Source == right.Source && left.Destination == right.Destination;
}
