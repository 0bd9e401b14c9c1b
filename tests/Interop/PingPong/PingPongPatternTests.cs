using RdmaPipeline.Cli.PingPong;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>What -c compares.</summary>
public sealed class PingPongPatternTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public void AMarkedMessageIsRight(int size)
    {
        var message = new byte[size];
        PingPongPattern.Write(message, marked: true, 4096);
        Assert.Equal(-1, PingPongPattern.FirstWrong(message, 4096));
        for (var i = 0; i < size; i++) Assert.Equal(i % 4096 == 0 ? 0 : 0x7B, message[i]);
    }

    [Fact]
    public void EveryWrongByteIsFound()
    {
        var message = new byte[3 * 4096 + 5];
        PingPongPattern.Write(message, marked: true, 4096);
        for (var i = 0; i < message.Length; i++)
        {
            var right = message[i];
            message[i] = PingPongPattern.Poison;
            Assert.Equal(i, PingPongPattern.FirstWrong(message, 4096));
            message[i] = right;
        }
    }

    [Fact]
    public void AnUnmarkedMessageFailsAtTheFirstPage()
    {
        var message = new byte[5000];
        PingPongPattern.Write(message, marked: false, 4096);
        Assert.Equal(0, PingPongPattern.FirstWrong(message, 4096));
    }
}
