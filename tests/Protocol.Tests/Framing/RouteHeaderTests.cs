using System.Net;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Tests.Captures;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>The 40 bytes in front of a datagram, of every frame that a real Soft-RoCE sent.</summary>
public sealed class RouteHeaderTests
{
    private const int Ip = 14;
    private const int Ipv4Length = 20;

    [Fact] // R-RESP-37
    public void ItIsTheIpHeaderThatWasReceived()
    {
        var (frames, area) = (CaptureFiles.RdmaFrames.ToList(), new byte[RouteHeader.Length]);
        Assert.All(frames, frame =>
        {
            area.AsSpan().Fill(0xEE);
            Assert.True(RouteHeader.Read(frame, EthernetFrame.Locate(frame), area));
            Assert.Equal(IsIpv4(frame) ? [.. new byte[Ipv4Length], .. frame[Ip..(Ip + Ipv4Length)]] : frame[Ip..(Ip + area.Length)], area);
            Assert.True(GlobalRouteHeader.TryRead(area, out var route));
            Assert.Equal(IsIpv4(frame), route.Source.IsIPv4Mapped);
            var source = IsIpv4(frame) ? frame.AsSpan(Ip + 12, 4) : frame.AsSpan(Ip + 8, 16);
            Assert.Equal(new IPAddress(source), route.Source.ToIPAddress());
        });
        Assert.Contains(frames, IsIpv4);
        Assert.Contains(frames, frame => !IsIpv4(frame));
    }

    private static bool IsIpv4(byte[] frame) => frame[Ip] == 0x45;
}
