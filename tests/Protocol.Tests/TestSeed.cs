using System.Globalization;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests;

/// <summary>Random input that can be had again: the seed is printed, and taken from <c>RDMAPIPELINE_SEED</c> when that is set.</summary>
internal static class TestSeed
{
    public static Random Random(ITestOutputHelper output)
    {
        var text = Environment.GetEnvironmentVariable("RDMAPIPELINE_SEED");
        var seed = text is null ? System.Random.Shared.Next() : int.Parse(text, CultureInfo.InvariantCulture);
        output.WriteLine($"RDMAPIPELINE_SEED={seed}");
        return new Random(seed);
    }
}
