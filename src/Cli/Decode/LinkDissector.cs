using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using static RdmaPipeline.Cli.Decode.DissectedField;

namespace RdmaPipeline.Cli.Decode;

/// <summary>The link and network headers as fields.</summary>
internal static class LinkDissector
{
    public static IEnumerable<DissectedHeader> Dissect(FrameHeaders headers)
    {
        if (headers.IsNative)
            yield return Describe(headers.Lrh);
        else
            yield return Describe(headers.Ethernet);
        if (headers.Vlan is { } vlan)
            yield return Describe(vlan);
        switch (headers.Kind)
        {
            case FrameKind.RoCEv2OverIpv4:
                yield return Describe(headers.Ipv4);
                yield return Describe(headers.Udp);
                break;
            case FrameKind.RoCEv2OverIpv6:
                yield return Describe(headers.Ipv6);
                yield return Describe(headers.Udp);
                break;
            case FrameKind.RoCEv1 or FrameKind.NativeGlobal:
                yield return Describe(headers.Grh);
                break;
            default:
                break;
        }
    }

    private static DissectedHeader Describe(in EthernetHeader header) => new("ethernet",
        new DissectedField("destination", header.Destination.ToString()), new DissectedField("source", header.Source.ToString()),
        Hex("type", header.EtherType, 4));

    private static DissectedHeader Describe(in VlanTag tag) => new("vlan",
        Decimal("priority", tag.Priority), Flag("dropEligible", tag.DropEligible), Decimal("id", tag.Identifier),
        Hex("type", tag.EtherType, 4));

    private static DissectedHeader Describe(in Ipv4Header header) => new("ipv4",
        Hex("tos", header.TypeOfService, 2), Decimal("length", header.TotalLength), Hex("id", header.Identification, 4),
        Flag("df", header.DoNotFragment), Decimal("ttl", header.TimeToLive),
        Address("source", GidAddress.FromIpv4(header.Source)), Address("destination", GidAddress.FromIpv4(header.Destination)));

    private static DissectedHeader Describe(in Ipv6Header header) => new("ipv6",
        Hex("trafficClass", header.TrafficClass, 2), Hex("flowLabel", header.FlowLabel, 5), Decimal("length", header.PayloadLength),
        Decimal("hopLimit", header.HopLimit), Address("source", header.Source), Address("destination", header.Destination));

    private static DissectedHeader Describe(in UdpHeader header) => new("udp",
        Hex("sourcePort", header.SourcePort, 4), Decimal("destinationPort", header.DestinationPort),
        Decimal("length", header.DatagramLength), Hex("checksum", header.Checksum, 4));

    private static DissectedHeader Describe(in Lrh header) => new("lrh",
        Decimal("vl", header.VirtualLane), Decimal("sl", header.ServiceLevel), Decimal("lnh", (ulong)header.NextHeader),
        Hex("dlid", header.Destination, 4), Decimal("length", header.PacketLength), Hex("slid", header.Source, 4));

    private static DissectedHeader Describe(in Grh header) => new("grh",
        Hex("trafficClass", header.TrafficClass, 2), Hex("flowLabel", header.FlowLabel, 5), Decimal("length", header.PayloadLength),
        Decimal("hopLimit", header.HopLimit), Address("source", header.Source), Address("destination", header.Destination));

    private static DissectedField Address(string name, UInt128 gid) => new(name, GidAddress.ToIp(gid).ToString());
}
