using System.Buffers.Binary;
using System.Net;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.FuzzTests.Engine;

namespace RdmaPipeline.FuzzTests.Frames;

/// <summary>A codec under test, with what makes a frame right for it and what must be said of its ICRC.</summary>
internal sealed class FrameMedium
{
    private const byte LeaveLengths = 1;
    private const byte LeaveIcrc = 2;
    private const byte LeaveVcrc = 4;

    private static readonly UInt128 Left = GidAddress.FromIp(IPAddress.Parse("192.0.2.1"));
    private static readonly UInt128 Right = GidAddress.FromIp(IPAddress.Parse("192.0.2.2"));
    private static readonly UInt128 Left6 = GidAddress.FromIp(IPAddress.Parse("2001:db8::1"));
    private static readonly UInt128 Right6 = GidAddress.FromIp(IPAddress.Parse("2001:db8::2"));

    private readonly FrameMediumKind _kind;
    private readonly RoCEv2Headers _headers = new();

    private FrameMedium(FrameMediumKind kind, FrameCodec codec, FlowPath path = default)
    {
        (_kind, Codec, Path) = (kind, codec, path);
        if (kind == FrameMediumKind.Socket) _headers.Load(path, UdpHeader.RoCEv2Port);
    }

    public FrameCodec Codec { get; }

    /// <summary>What a socket tells about its packets.</summary>
    public FlowPath Path { get; }

    public static FrameMedium[] CreateAll() =>
    [
        new(FrameMediumKind.Ethernet, new RoCEv2EthernetCodec()),
        new(FrameMediumKind.Native, new NativeInfiniBandCodec(Port())),
        new(FrameMediumKind.Socket, new RoCEv2UdpCodec(), new FlowPath(Left, Right, 0, 64, 0, 0xC000)),
        new(FrameMediumKind.Socket, new RoCEv2UdpCodec(), new FlowPath(Left6, Right6, 0, 64, 0, 0xC000)),
        new(FrameMediumKind.EthernetUnchecked, new RoCEv2EthernetCodec(icrc: false)),
        new(FrameMediumKind.NativeUnchecked, new NativeInfiniBandCodec(Port(), crc: false)),
    ];

    /// <summary>Makes lengths and checksums of a frame right, but for those that are to be left.</summary>
    public void Seal(Span<byte> frame, byte leave)
    {
        switch (_kind)
        {
            case FrameMediumKind.Ethernet or FrameMediumKind.EthernetUnchecked:
                if ((leave & LeaveLengths) == 0) FrameSeal.FixEthernetLengths(frame);
                if ((leave & LeaveIcrc) == 0) FrameSeal.Seal(frame, EthernetFrame.Locate(frame));
                break;
            case FrameMediumKind.Native or FrameMediumKind.NativeUnchecked:
                if ((leave & LeaveLengths) == 0) FrameSeal.FixNativeLengths(frame);
                if ((leave & LeaveIcrc) == 0) FrameSeal.Seal(frame, NativeFrame.Locate(frame));
                if ((leave & LeaveVcrc) == 0 && frame.Length >= Vcrc.Length) Vcrc.Write(frame);
                break;
            default:
                if ((leave & LeaveIcrc) == 0 && frame.Length >= FrameLayout.MinTransportLength)
                    BinaryPrimitives.WriteUInt32LittleEndian(frame[^4..], SocketIcrc(frame));
                break;
        }
    }

    /// <summary>The verdict on the ICRC must be the reference's.</summary>
    public void CheckVerdict(PacketBurst burst, in PacketDescriptor packet)
    {
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
        var expected = _kind switch
        {
            FrameMediumKind.EthernetUnchecked or FrameMediumKind.NativeUnchecked => IcrcStatus.Offloaded,
            FrameMediumKind.Ethernet => Judge(frame, EthernetFrame.Locate(frame)),
            FrameMediumKind.Native => Judge(frame, NativeFrame.Locate(frame)),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(frame[^4..]) == SocketIcrc(frame) ? IcrcStatus.Valid32 : packet.Icrc,
        };
        if (packet.Icrc != expected) throw new FuzzFailureException($"the ICRC is judged {packet.Icrc}; it is {expected}");
        var guesses = _kind == FrameMediumKind.Socket && GidAddress.IsIpv4(Path.Source);
        if (packet.Icrc == IcrcStatus.Valid16 && !guesses)
            throw new FuzzFailureException("an ICRC of which everything is known is taken for proven by half");
    }

    private static IcrcStatus Judge(ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        var received = BinaryPrimitives.ReadUInt32LittleEndian(frame[(layout.TransportOffset + layout.TransportLength - 4)..]);
        return received == ReferenceIcrc.Of(frame, layout) ? IcrcStatus.Valid32 : IcrcStatus.Invalid;
    }

    // Identification 0, as an unconnected socket sends it.
    private uint SocketIcrc(ReadOnlySpan<byte> transport)
    {
        _headers.Load(Path, UdpHeader.RoCEv2Port);
        _headers.SetPacket(transport.Length, identification: 0);
        byte[] frame = [.. _headers.Link, .. transport];
        return ReferenceIcrc.Of(frame, EthernetFrame.Locate(frame));
    }

    private static NativePort Port()
    {
        var port = new NativePort(new UInt128(0xFE80_0000_0000_0000, 0x0002_C903_0000_0002));
        port.Assign(0x10, 2);
        return port;
    }
}
