using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Cli.Decode;

/// <summary>Takes captured frames apart: where the transport packet lies, its headers, its CRCs.</summary>
internal static class PacketDissector
{
    /// <summary>Takes one frame apart.</summary>
    /// <returns>Null when it is no RDMA packet.</returns>
    public static DissectedPacket? Dissect(CapturedPacket captured)
    {
        var frame = captured.Data.Span;
        var isNative = captured.LinkType == LinkLayerType.InfiniBand;
        if (!isNative && captured.LinkType != LinkLayerType.Ethernet)
            return null;
        var layout = isNative ? NativeFrame.Locate(frame) : EthernetFrame.Locate(frame);
        if (layout.Kind is FrameKind.None or FrameKind.NativeRaw)
            return null;
        var packet = new DissectedPacket
        {
            Number = captured.Number,
            Nanoseconds = captured.Nanoseconds,
            Kind = layout.Kind,
            Comment = captured.Comment,
            Fault = captured.IsCut ? DropReason.BadLength : layout.Fault,
            Vcrc = isNative && frame.Length >= Vcrc.Length ? new CrcVerdict(Hex(frame[^Vcrc.Length..]), Vcrc.Verify(frame)) : null,
        };
        return packet.Fault == DropReason.None ? WithTransport(packet, frame, layout) : packet;
    }

    private static DissectedPacket WithTransport(DissectedPacket packet, ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        var transport = frame.Slice(layout.TransportOffset, layout.TransportLength);
        var fault = PacketView.TryParse(transport, out var view);
        List<DissectedHeader> headers = [.. LinkDissector.Dissect(FrameHeaders.Read(frame, layout))];
        if (fault == DropReason.None)
            TransportDissector.AddTo(headers, view);
        return packet with
        {
            Fault = fault,
            Headers = headers,
            PayloadLength = fault == DropReason.None ? view.PayloadLength : 0,
            Icrc = new CrcVerdict(Hex(transport[^Icrc.Length..]), Icrc.Verify(frame, layout)),
        };
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
