using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>Reads a packet into header records and builds it again from nothing but these and the payload.</summary>
internal static class Reencoder
{
    public static byte[] Rewrite(ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        Assert.Equal(Telemetry.DropReason.None,
            PacketView.TryParse(frame.Slice(layout.TransportOffset, layout.TransportLength), out var packet));
        return FrameHeaders.Read(frame, layout).Assemble(RewriteTransport(packet));
    }

    /// <summary>BTH through pad.</summary>
    public static unsafe byte[] RewriteTransport(in PacketView packet)
    {
        var header = new byte[PacketWriter.MaxHeaderLength];
        var segments = new PayloadReference[1];
        var writer = new PacketWriter(header, segments);
        writer.Begin(packet.Bth with { PadCount = 0 });
        AppendHeaders(ref writer, packet);
        Assert.True(writer.IsComplete);
        fixed (byte* payload = packet.Payload)
            writer.AppendPayload((nint)payload, packet.PayloadLength);
        Assert.Equal(packet.PadCount, writer.PadCount);
        return [.. writer.Header, .. packet.Payload, .. new byte[writer.PadCount]];
    }

    private static void AppendHeaders(ref PacketWriter writer, in PacketView packet)
    {
        var traits = packet.Traits;
        if (traits.Has(HeaderLayout.Rdeth))
            writer.Append(packet.Rdeth);
        if (traits.Has(HeaderLayout.Deth))
            writer.Append(packet.Deth);
        if (traits.Has(HeaderLayout.XrcEth))
            writer.Append(packet.XrcEth);
        if (traits.Has(HeaderLayout.Feth))
            writer.Append(packet.Feth);
        if (traits.Has(HeaderLayout.Reth))
            writer.Append(packet.Reth);
        if (traits.Has(HeaderLayout.AtomicEth))
            writer.Append(packet.AtomicEth);
        if (traits.Has(HeaderLayout.Aeth))
            writer.Append(packet.Aeth);
        if (traits.Has(HeaderLayout.AtomicAckEth))
            writer.Append(packet.AtomicAckEth);
        if (traits.Has(HeaderLayout.ImmDt))
            writer.Append(packet.ImmDt);
        if (traits.Has(HeaderLayout.Ieth))
            writer.Append(packet.Ieth);
    }
}
