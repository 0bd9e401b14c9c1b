using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Cli.Explain;

/// <summary>Where a frame comes from and goes to, as a person writes it.</summary>
internal readonly record struct PacketEnds(string Source, string Destination, byte TrafficClass)
{
    public static PacketEnds Of(FrameHeaders headers) => headers.Kind switch
    {
        FrameKind.RoCEv2OverIpv4 => new(
            Text(GidAddress.FromIpv4(headers.Ipv4.Source)), Text(GidAddress.FromIpv4(headers.Ipv4.Destination)),
            headers.Ipv4.TypeOfService),
        FrameKind.RoCEv2OverIpv6 => new(Text(headers.Ipv6.Source), Text(headers.Ipv6.Destination), headers.Ipv6.TrafficClass),
        FrameKind.NativeLocal => new($"lid {headers.Lrh.Source}", $"lid {headers.Lrh.Destination}", 0),
        _ => new(Text(headers.Grh.Source), Text(headers.Grh.Destination), headers.Grh.TrafficClass),
    };

    private static string Text(UInt128 gid) => GidAddress.ToIp(gid).ToString();
}
