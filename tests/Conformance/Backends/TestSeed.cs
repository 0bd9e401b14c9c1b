using System.Globalization;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>The seed of a test's random input: from RDMAPIPELINE_SEED, else a new one; always printed.</summary>
internal static class TestSeed
{
    public static int Next(ITestOutputHelper output)
    {
        var given = Environment.GetEnvironmentVariable("RDMAPIPELINE_SEED");
        var seed = given is null ? Random.Shared.Next() : int.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine($"RDMAPIPELINE_SEED={seed}");
        return seed;
    }
}
