using System.Net;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Text, bytes and kinds of GIDs (R-VERB-1, R-VERB-12), and endpoints as text.</summary>
public sealed class GidTests
{
    [Theory]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.1", "00000000000000000000ffff0a000001")]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", "00000000000000000000ffff0a000001")]
    [InlineData("::ffff:a00:1", "::ffff:10.0.0.1", "00000000000000000000ffff0a000001")]
    [InlineData("fe80::5054:ff:fe12:3456", "fe80::5054:ff:fe12:3456", "fe80000000000000505400fffe123456")]
    [InlineData("FE80:0:0:0:0:0:0:1", "fe80::1", "fe800000000000000000000000000001")]
    [InlineData("2001:db8::1", "2001:db8::1", "20010db8000000000000000000000001")]
    [InlineData("::", "::", "00000000000000000000000000000000")]
    [InlineData("20010DB8000000000000000000000001", "2001:db8::1", "20010db8000000000000000000000001")]
    public void TextFormsAreReadAndWritten(string text, string written, string hex)
    {
        Gid gid = Gid.Parse(text);
        Assert.Equal(written, gid.ToString());
        Assert.Equal(hex, gid.ToHexString());
        Assert.Equal(gid, Gid.Parse(gid.ToString()));
        Assert.Equal(gid, Gid.Parse(hex));
        Assert.Equal(gid, Gid.FromIPAddress(gid.ToIPAddress()));
        byte[] bytes = new byte[16];
        gid.Write(bytes);
        Assert.Equal(Convert.FromHexString(hex), bytes);
        Assert.Equal(gid, Gid.Read(bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("1")]
    [InlineData("10.1")]
    [InlineData("10.0.0.256")]
    [InlineData("fe80::1%eth0")]
    [InlineData("host.name.of.somebody")]
    [InlineData("2001:db8::1::2")]
    [InlineData("20010db80000000000000000000000zz")]
    public void OtherTextIsRefused(string? text)
    {
        Assert.False(Gid.TryParse(text, out Gid gid));
        Assert.True(gid.IsEmpty);
        if (text is not null)
            Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => Gid.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.1", true, false, false)]
    [InlineData("223.255.255.255", true, false, false)]
    [InlineData("224.0.0.1", true, false, true)]
    [InlineData("239.255.0.1", true, false, true)]
    [InlineData("240.0.0.1", true, false, false)]
    [InlineData("fe80::1", false, true, false)]
    [InlineData("febf::1", false, true, false)]
    [InlineData("fec0::1", false, false, false)]
    [InlineData("ff02::1", false, false, true)]
    [InlineData("fe80::ffff:10.0.0.1", false, true, false)]
    [InlineData("2001:db8::1", false, false, false)]
    public void KindsAreTold(string text, bool mapped, bool linkLocal, bool multicast)
    {
        Gid gid = Gid.Parse(text);
        Assert.Equal((mapped, linkLocal, multicast), (gid.IsIPv4Mapped, gid.IsLinkLocal, gid.IsMulticast));
    }

    [Fact]
    public void AMappedGidIsAnIPv4Address()
    {
        Assert.Equal(IPAddress.Parse("192.168.1.2"), Gid.Parse("::ffff:192.168.1.2").ToIPAddress());
        Assert.Equal(IPAddress.Parse("2001:db8::1"), Gid.Parse("2001:db8::1").ToIPAddress());
        Assert.Equal(Gid.Parse("10.0.0.1"), Gid.FromIPAddress(IPAddress.Parse("::ffff:10.0.0.1")));
    }

    [Fact]
    public void EndpointsGoThroughText()
    {
        var endpoint = new QueuePairEndpoint(Gid.Parse("::ffff:10.0.0.1"), 0x11, 0xFFFFFF);
        Assert.Equal("::ffff:10.0.0.1/0x11/0xffffff", endpoint.ToString());
        Assert.Equal(endpoint, QueuePairEndpoint.Parse(endpoint.ToString()));
    }

    [Theory]
    [InlineData("::1/0x11")]
    [InlineData("::1/0x11/0x1000000")]
    [InlineData("::1/11/0x1")]
    [InlineData("nobody/0x11/0x1")]
    [InlineData("::1/0x11/0x1/0x1/0x1")]
    [InlineData("::1/0x/0x1")]
    public void OtherTextIsNoEndpoint(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => QueuePairEndpoint.Parse(text)).Message, StringComparison.Ordinal);
}
