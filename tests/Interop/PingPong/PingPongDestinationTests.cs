using System.Text;
using RdmaPipeline.Cli;
using RdmaPipeline.Cli.PingPong;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>The 52 bytes in which ibv_*_pingpong tells where it can be reached.</summary>
public sealed class PingPongDestinationTests
{
    private const string Seen = "0000:000011:ee0d9c:00000000000000000000ffffc6120002\0";

    [Fact]
    public void AMessageOfIbvRcPingpongIsReadAndWrittenAlike()
    {
        var end = PingPongDestination.Parse(Encoding.ASCII.GetBytes(Seen));
        Assert.Equal(0x11u, end.QueuePairNumber);
        Assert.Equal(0xEE0D9Cu, end.Psn);
        Assert.Equal("::ffff:198.18.0.2", end.Gid.ToString());
        Assert.Equal("LID 0x0000, QPN 0x000011, PSN 0xee0d9c, GID ::ffff:198.18.0.2", end.ToString());
        Assert.Equal(Seen, Encoding.ASCII.GetString(end.ToMessage()));
    }

    [Fact]
    public void TheMessageIs52BytesWhateverItHolds()
    {
        var end = new PingPongDestination(0xFFFF, 0xFFFFFF, 0xFFFFFF, new Gid(UInt128.MaxValue));
        Assert.Equal(PingPongDestination.MessageLength, end.ToMessage().Length);
        Assert.Equal(end, PingPongDestination.Parse(end.ToMessage()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000:000011:ee0d9c:00000000000000000000ffffc6120002")]
    [InlineData("0000:000011:ee0d9c:00000000000000000000ffffc612000g\0")]
    [InlineData("0000:0000110ee0d9c:00000000000000000000ffffc6120002\0")]
    [InlineData("00000:00011:ee0d9c:00000000000000000000ffffc6120002\0")]
    [InlineData("GET / HTTP/1.1\r\nHost: 198.18.0.1\r\nAccept: text/html\r\n")]
    public void AnythingElseIsRefusedWithWhatCame(string message)
    {
        var fault = Assert.Throws<CliException>(() => PingPongDestination.Parse(Encoding.ASCII.GetBytes(message)));
        Assert.Contains("is not of the form", fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }
}
