using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Framing;

/// <summary>The 40 bytes in front of a received datagram: the GRH, or what stands for it on RoCEv2 (R-RESP-37).</summary>
public static class RouteHeader
{
    /// <summary>Bytes.</summary>
    public const int Length = 40;

    /// <summary>Copies the header out of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layout">Its layout, which is sound.</param>
    /// <param name="area"><see cref="Length"/> bytes. An IPv4 header goes into the last 20; those before it are zero.</param>
    /// <returns>False when the frame has none: then the area is left as it is.</returns>
    public static bool Read(ReadOnlySpan<byte> frame, in FrameLayout layout, Span<byte> area)
    {
        if (layout.Kind is FrameKind.None or FrameKind.NativeLocal or FrameKind.NativeRaw)
            return false;
        var bytes = layout.Kind == FrameKind.RoCEv2OverIpv4 ? Ipv4Header.Length : Length;
        area[..(Length - bytes)].Clear();
        frame.Slice(layout.NetworkOffset, bytes).CopyTo(area[(Length - bytes)..]);
        return true;
    }

    /// <summary>
    /// Makes the header of a RoCEv2 packet again from what a socket tells of it. The Identification is not told and stands as 0, with the
    /// header checksum to match.
    /// </summary>
    /// <param name="path">The path of the packet, in the direction it came.</param>
    /// <param name="transportLength">BTH through ICRC.</param>
    /// <param name="area"><see cref="Length"/> bytes.</param>
    public static void Make(in FlowPath path, int transportLength, Span<byte> area)
    {
        var datagramLength = (ushort)(UdpHeader.Length + transportLength);
        if (GidAddress.IsIpv4(path.Source))
        {
            area[..(Length - Ipv4Header.Length)].Clear();
            new Ipv4Header
            {
                TypeOfService = path.TrafficClass, TotalLength = (ushort)(Ipv4Header.Length + datagramLength), DoNotFragment = true,
                TimeToLive = path.HopLimit, Source = (uint)path.Source, Destination = (uint)path.Destination,
            }.Write(area[(Length - Ipv4Header.Length)..]);
            return;
        }

        new Ipv6Header
        {
            TrafficClass = path.TrafficClass, FlowLabel = path.FlowLabel, PayloadLength = datagramLength, HopLimit = path.HopLimit,
            Source = path.Source, Destination = path.Destination,
        }.Write(area);
    }
}
