using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>One RoCEv2 frame of a capture.</summary>
internal sealed class CapturedFrame
{
    private readonly byte[] _transport;
    private readonly FrameLayout _layout;

    public CapturedFrame(int number, Instant time, byte[] bytes, FrameLayout layout)
    {
        (Number, Time, Bytes, _layout) = (number, time, bytes, layout);
        _transport = bytes.AsSpan(layout.TransportOffset, layout.TransportLength).ToArray();
        Headers = FrameHeaders.Read(bytes, layout);
        var isIpv4 = layout.Kind == FrameKind.RoCEv2OverIpv4;
        Source = new Gid(isIpv4 ? ToGid(Headers.Ipv4.Source) : Headers.Ipv6.Source);
        Destination = new Gid(isIpv4 ? ToGid(Headers.Ipv4.Destination) : Headers.Ipv6.Destination);
        Traits = OpcodeTraits.Of(View.Opcode);
        Psn = View.Psn;
    }

    /// <summary>Its place in the file, from 1.</summary>
    public int Number { get; }

    /// <summary>Since the first frame of the file.</summary>
    public Instant Time { get; }

    public byte[] Bytes { get; }

    public FrameHeaders Headers { get; }

    public Gid Source { get; }

    public Gid Destination { get; }

    public OpcodeTraits Traits { get; }

    public Psn Psn { get; }

    public bool IsDatagram => Traits.Transport == TransportService.UnreliableDatagram;

    public PacketView View
    {
        get
        {
            Assert.Equal(DropReason.None, PacketView.TryParse(_transport, out var view));
            return view;
        }
    }

    /// <summary>
    /// Doubled by the wire: the same bytes as an earlier frame, the Identification included; a repeated packet has another.
    /// </summary>
    public bool IsCopyOf(CapturedFrame earlier) =>
        _layout.Kind == FrameKind.RoCEv2OverIpv4 && Headers.Ipv4.Identification != 0 && Bytes.AsSpan().SequenceEqual(earlier.Bytes);

    /// <summary>The 40 bytes that a datagram's receiver puts in front of its payload.</summary>
    public byte[] RouteHeader()
    {
        var area = new byte[Backends.Framing.RouteHeader.Length];
        Assert.True(Backends.Framing.RouteHeader.Read(Bytes, _layout, area));
        return area;
    }

    /// <summary>The same frame around another transport packet, with the ICRC that belongs to it.</summary>
    /// <param name="covered">BTH through pad.</param>
    /// <param name="transport">BTH through ICRC of the frame.</param>
    public byte[] With(byte[] covered, out byte[] transport)
    {
        var frame = Headers.Assemble(covered);
        transport = frame[_layout.TransportOffset..];
        return frame;
    }

    private static UInt128 ToGid(uint address) => Backends.Framing.Headers.GidAddress.FromIpv4(address);
}
