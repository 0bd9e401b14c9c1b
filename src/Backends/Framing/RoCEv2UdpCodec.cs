using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// RoCEv2 behind a UDP socket, which adds the IP and UDP headers: frames are BTH through ICRC. What the kernel will put into the headers is
/// known where the ICRC covers it: DF 1, Identification 0, or k in segment k of a segmented send. What it hides on receive is recovered
/// (R-BE-30, R-BE-31).
/// </summary>
public sealed class RoCEv2UdpCodec : FrameCodec
{
    /// <summary>Most bytes in one segmented send.</summary>
    public const int MaxRunBytes = 65507;

    private const int BthDestinationOffset = 4;
    private const uint QueuePairMask = 0xFF_FFFF;
    private const int CoveredAfterIdentification = Ipv4Header.Length - Ipv4Header.IdentificationOffset - 2 + UdpHeader.Length;

    private readonly RoCEv2Headers _outgoing = new();
    private readonly RoCEv2Headers _incoming = new();
    private readonly IdentificationHistory _history = new();
    private readonly ushort _sourcePort;
    private readonly ushort _port;

    /// <summary>Makes a codec for a device.</summary>
    /// <param name="sourcePort">Source port of what it sends (R-BE-34).</param>
    /// <param name="port">Destination port in both directions: the device's own and its peers'.</param>
    public RoCEv2UdpCodec(ushort sourcePort = UdpHeader.RoCEv2Port, ushort port = UdpHeader.RoCEv2Port) =>
        (_sourcePort, _port) = (sourcePort, port);

    private RoCEv2UdpCodec(RoCEv2UdpCodec origin)
        : base(origin) => (_sourcePort, _port) = (origin._sourcePort, origin._port);

    /// <summary>The UDP port that packets are sent to, by this device and its peers.</summary>
    public ushort Port => _port;

    /// <inheritdoc/>
    public override int FrameOverhead => 0;

    /// <inheritdoc/>
    public override FrameCodec Fork() => new RoCEv2UdpCodec(this);

    /// <inheritdoc/>
    public override void Encode(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        burst.Path = burst.Path with { SourcePort = _sourcePort };
        _outgoing.Load(burst.Path, _port);
        burst.RunCount = 0;
        var offset = 0;
        for (var i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            packet.TransportLength = TransportEncoder.LengthOf(packet);
            packet.TransportOffset = offset;
            packet.FrameOffset = offset;
            packet.FrameLength = packet.TransportLength;
            _outgoing.SetPacket(packet.TransportLength, AddToRun(burst, i));
            TransportEncoder.Encode(burst, i, _outgoing);
            offset += packet.FrameLength;
        }

        burst.State = BurstStage.Encoded;
    }

    /// <inheritdoc/>
    public override void Decode(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        _incoming.Load(burst.Path, _port);
        for (var i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            if (packet.Drop != DropReason.None)
                continue;
            if (packet.FrameLength < FrameLayout.MinTransportLength)
            {
                packet.Drop = DropReason.BadLength;
                continue;
            }

            var transport = burst.Bytes(packet.FrameOffset, packet.FrameLength);
            packet.TransportOffset = packet.FrameOffset;
            packet.TransportLength = packet.FrameLength;
            packet.DestinationQueuePair = BinaryPrimitives.ReadUInt32BigEndian(transport[BthDestinationOffset..]) & QueuePairMask;
            packet.Icrc = Judge(burst.Path.Source, transport, (ushort)i);
            Verdicts.Count(packet.Icrc);
        }

        burst.State = BurstStage.Decoded;
    }

    /// <inheritdoc/>
    public override FrameOrigin ReadOrigin(PacketBurst burst, in PacketDescriptor packet, Span<byte> routeHeader)
    {
        ArgumentNullException.ThrowIfNull(burst);
        RouteHeader.Make(burst.Path, packet.TransportLength, routeHeader);
        return new FrameOrigin(HasRouteHeader: true);
    }

    // Consecutive packets of equal length share a segmented send; the last may be shorter. Returns the packet's place in its run, which
    // is the Identification that the kernel gives it.
    private ushort AddToRun(PacketBurst burst, int index)
    {
        var length = burst.Packets[index].FrameLength;
        if (Segmentation && burst.RunCount > 0)
        {
            ref var run = ref burst.Runs[burst.RunCount - 1];
            var isOpen = run.ByteCount == run.PacketCount * run.SegmentLength;
            if (isOpen && length <= run.SegmentLength && run.ByteCount + length <= MaxRunBytes && run.PacketCount < PacketBurst.MaxPackets)
            {
                run = new GsoRun(run.FirstPacket, run.PacketCount + 1, run.SegmentLength, run.ByteCount + length);
                return (ushort)(run.PacketCount - 1);
            }
        }

        burst.Runs[burst.RunCount++] = new GsoRun(index, 1, length, length);
        return 0;
    }

    private IcrcStatus Judge(UInt128 source, ReadOnlySpan<byte> transport, ushort predicted)
    {
        _incoming.SetPacket(transport.Length, predicted);
        var computed = Icrc.Compute(IcrcMask.SeedWithoutLrh, _incoming.Masked, _incoming.MaskedLength, transport[..^Icrc.Length]);
        var difference = computed ^ Icrc.Read(transport);
        if (_incoming.Kind == FrameKind.RoCEv2OverIpv6)
            return difference == 0 ? IcrcStatus.Valid32 : IcrcStatus.Invalid;
        var (identification, doNotFragment) = (predicted, true);
        if (difference != 0)
        {
            var covered = CoveredAfterIdentification + transport.Length - Icrc.Length;
            if (!IdentificationRecovery.TryRecover(difference, covered, predicted, out identification, out doNotFragment)
                || (!doNotFragment && !_history.AllowsFragmenting(source)))
                return IcrcStatus.Invalid;
        }

        // R-BE-31: 0, the segment's index and last+1 of that source were predictions; hitting one proves all 32 bits.
        var wasNext = _history.Advance(source, identification, doNotFragment);
        return identification == predicted || identification == 0 || wasNext ? IcrcStatus.Valid32 : IcrcStatus.Valid16;
    }
}
