using RdmaPipeline.Testing;

namespace RdmaPipeline.SimulationTests;

/// <summary>The pattern that all byte checks rest on.</summary>
public sealed class PatternGeneratorTests
{
    [Fact]
    public void EveryPartAgreesWithTheSingleBytes()
    {
        for (var offset = 0; offset < 20; offset++)
        {
            for (var length = 0; length < 40; length++)
            {
                var part = new byte[length];
                PatternGenerator.Fill(part, 5, offset);
                Assert.Equal(Enumerable.Range(offset, length).Select(i => PatternGenerator.At(5, i)), part);
                Assert.Equal(-1, PatternGenerator.FindMismatch(part, 5, offset));
            }
        }
    }

    [Fact]
    public void EveryWrongByteIsFound()
    {
        var part = new byte[50];
        PatternGenerator.Fill(part, 6, 3);
        for (var i = 0; i < part.Length; i++)
        {
            part[i] ^= 1;
            Assert.Equal(i, PatternGenerator.FindMismatch(part, 6, 3));
            part[i] ^= 1;
        }
    }

    [Fact]
    public void OtherSeedsAndOffsetsGiveOtherPatterns()
    {
        var part = new byte[64];
        PatternGenerator.Fill(part, 7);
        Assert.InRange(PatternGenerator.FindMismatch(part, 8), 0, 3);
        Assert.InRange(PatternGenerator.FindMismatch(part, 7, 1), 0, 3);
        Assert.InRange(PatternGenerator.FindMismatch(part, 7, 8), 0, 3);
    }
}
