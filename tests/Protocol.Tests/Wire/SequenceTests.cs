using RdmaPipeline.Protocol.Sequence;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>24-bit arithmetic (R-REQ-1, R-REQ-2, R-REQ-4, R-REQ-5).</summary>
public sealed class SequenceTests(ITestOutputHelper output)
{
    private const uint Modulus = 1 << 24;

    [Theory]
    [InlineData(0x000001u, 0x000000u, 1)]
    [InlineData(0x000000u, 0xFFFFFFu, 1)]
    [InlineData(0xFFFFFFu, 0x000000u, -1)]
    [InlineData(0x800000u, 0x000000u, -0x800000)]
    [InlineData(0x000000u, 0x800000u, -0x800000)]
    [InlineData(0x7FFFFFu, 0x000000u, 0x7FFFFF)]
    [InlineData(0x123456u, 0x123456u, 0)]
    public void CompareIsTheSignExtendedDifference(uint left, uint right, int expected)
    {
        Assert.Equal(expected, Psn.Compare(new Psn(left), new Psn(right)));
        Assert.Equal(expected, Msn.Compare(new Msn(left), new Msn(right)));
        Assert.Equal(expected > 0, new Psn(left).IsAfter(new Psn(right)));
        Assert.Equal(expected < 0, new Psn(left).IsBefore(new Psn(right)));
        Assert.Equal(expected > 0, new Msn(left).IsAfter(new Msn(right)));
        Assert.Equal(expected < 0, new Msn(left).IsBefore(new Msn(right)));
    }

    [Fact]
    public void SumsAreModulo24Bits()
    {
        var random = TestSeed.Random(output);
        for (var i = 0; i < 10_000; i++)
        {
            var start = (uint)random.Next((int)Modulus);
            var count = random.Next(-(1 << 23) + 1, 1 << 23);
            var moved = new Psn(start) + count;
            Assert.Equal((uint)((start + (long)Modulus + count) % Modulus), moved.Value);
            Assert.Equal(count, Psn.Compare(moved, new Psn(start)));
            Assert.Equal(moved.Value, (new Msn(start) + count).Value);
            Assert.Equal((int)((count + (long)Modulus) % Modulus), moved.StepsFrom(new Psn(start)));
            Assert.Equal(moved.StepsFrom(new Psn(start)), new Msn(moved.Value).StepsFrom(new Msn(start)));
        }

        Assert.Equal(new Psn(0), new Psn(0xFFFFFF).Next);
        Assert.Equal(new Psn(0xFFFFFF), new Psn(0).Previous);
        Assert.Equal(new Psn(0x345678), Psn.Truncate(0x12345678));
        Assert.Equal((new Msn(0), new Msn(0xFFFFFF)), (new Msn(0xFFFFFF).Next, new Msn(0).Previous));
        Assert.Equal(new Msn(0x345678), Msn.Truncate(0x12345678));
    }

    [Fact]
    public void MoreThan24BitsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Psn(Modulus));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Msn(Modulus));
    }
}
