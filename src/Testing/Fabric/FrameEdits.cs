using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Testing;

/// <summary>Changes to frames, each on a copy.</summary>
internal static class FrameEdits
{
    private const byte CongestionExperienced = 3;
    private const byte ForwardCongestionBit = 0x80;

    // FECN and BECN stand in the byte of the BTH that the ICRC does not cover.
    private const int CongestionByte = 4;

    public static FrameLayout Locate(ReadOnlySpan<byte> frame, LinkType link) =>
        link == LinkType.InfiniBand ? NativeFrame.Locate(frame) : EthernetFrame.Locate(frame);

    public static FlowPath ReadPath(ReadOnlySpan<byte> frame, in FrameLayout layout) => FramePath.Read(frame, layout);

    /// <summary>
    /// Flips one bit from the BTH on: through the ICRC, which then no longer fits, or through the pad with the ICRC made anew.
    /// </summary>
    public static byte[] FlipBit(FabricPacket packet, SplitMix random, bool keepIcrc)
    {
        var covered = packet.Layout.TransportLength - (keepIcrc ? Icrc.Length : 0);
        int position;
        do
            position = random.Below(covered);
        while (position == CongestionByte);
        var bit = (byte)(1 << random.Below(8));
        return Edit(packet, transport => transport[position] ^= bit, keepIcrc);
    }

    /// <summary>Changes bytes from the BTH through the pad or, without a new ICRC, through the ICRC.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="edit">Changes them in place.</param>
    /// <param name="keepIcrc">Make the ICRC anew, so that it fits.</param>
    public static byte[] Edit(FabricPacket packet, Action<Span<byte>> edit, bool keepIcrc)
    {
        var frame = packet.Frame.ToArray();
        var layout = packet.Layout;
        var length = layout.TransportLength - (keepIcrc ? Icrc.Length : 0);
        edit(frame.AsSpan(layout.TransportOffset, length));
        if (keepIcrc)
            Icrc.Write(frame, layout);
        return WithVcrc(frame, layout);
    }

    /// <summary>Sets the mark "congestion experienced": ECN in the IP header, FECN on InfiniBand. The ICRC does not cover it.</summary>
    public static byte[] MarkCongestion(FabricPacket packet)
    {
        var layout = packet.Layout;
        if (layout.Kind is FrameKind.NativeLocal or FrameKind.NativeGlobal)
            return Edit(packet, static transport => transport[CongestionByte] |= ForwardCongestionBit, keepIcrc: false);
        var frame = packet.Frame.Span;
        var headers = FrameHeaders.Read(frame, layout);
        headers = headers with
        {
            Ipv4 = headers.Ipv4 with { TypeOfService = (byte)(headers.Ipv4.TypeOfService | CongestionExperienced) },
            Ipv6 = headers.Ipv6 with { TrafficClass = (byte)(headers.Ipv6.TrafficClass | CongestionExperienced) },
        };
        var marked = headers.Assemble(packet.Transport[..^Icrc.Length]);
        // A wrong ICRC stays wrong.
        packet.Transport[^Icrc.Length..].CopyTo(marked.AsSpan(layout.TransportOffset + layout.TransportLength - Icrc.Length));
        return marked;
    }

    // Each hop of a native network makes the VCRC anew, so what goes wrong in between is for the ICRC to find.
    private static byte[] WithVcrc(byte[] frame, in FrameLayout layout)
    {
        if (layout.Kind is FrameKind.NativeLocal or FrameKind.NativeGlobal)
            Vcrc.Write(frame);
        return frame;
    }
}
