using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Framing;

/// <summary>Reads the network path of a received frame.</summary>
public static class FramePath
{
    /// <summary>Source, destination and quality of a sound frame; a native one tells LIDs, and GIDs if it has a GRH.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layout">Its layout, which is sound.</param>
    public static FlowPath Read(ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        var network = frame[layout.NetworkOffset..];
        return layout.Kind switch
        {
            FrameKind.RoCEv2OverIpv4 => new FlowPath(
                GidAddress.FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(network[12..])),
                GidAddress.FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(network[16..])),
                network[1], network[8], 0, BinaryPrimitives.ReadUInt16BigEndian(network[Ipv4Header.Length..])),
            FrameKind.RoCEv2OverIpv6 => Global(network, BinaryPrimitives.ReadUInt16BigEndian(network[Ipv6Header.Length..])),
            FrameKind.RoCEv1 => Global(network, 0),
            FrameKind.NativeGlobal => Native(frame, Global(network, 0)),
            FrameKind.NativeLocal => Native(frame, default),
            _ => default,
        };
    }

    private static FlowPath Native(ReadOnlySpan<byte> frame, in FlowPath path) => path with
    {
        ServiceLevel = (byte)(frame[1] >> 4),
        DestinationLid = BinaryPrimitives.ReadUInt16BigEndian(frame[2..]),
        SourceLid = BinaryPrimitives.ReadUInt16BigEndian(frame[6..]),
    };

    private static FlowPath Global(ReadOnlySpan<byte> header, ushort sourcePort)
    {
        var (trafficClass, flowLabel) = VersionClassLabel.Read(header);
        return new FlowPath(BinaryPrimitives.ReadUInt128BigEndian(header[8..]), BinaryPrimitives.ReadUInt128BigEndian(header[24..]),
            trafficClass, header[7], flowLabel, sourcePort);
    }
}
