using System.Globalization;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Swarm;
using Xunit.Abstractions;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// The swarm: every seed draws its own services, operations, sizes, limits, faults and mischief, and the reference model judges it.
/// A fixed set of seeds, and as many fresh ones as <c>RDMAPIPE_SWARM_SECONDS</c> allows. <c>RDMAPIPE_SEED=n</c> runs just that seed.
/// </summary>
public sealed class SwarmTests(ITestOutputHelper output)
{
    private const ulong FixedSeeds = 1500;
    private const string Again =
        "RDMAPIPE_SEED=n dotnet test tests/Simulation -c Release --filter FullyQualifiedName~SwarmTests.FixedSeeds repeats seed n.";

    [Fact]
    public void FixedSeedsFindNothing()
    {
        var (first, count) = RdmaTestSeeds.Single is { } single ? (single, 1UL) : (1UL, FixedSeeds);
        Check(new Soak(first, TimeSpan.MaxValue, count), first);
    }

    [SkippableFact]
    public void FreshSeedsFindNothing()
    {
        var seconds = Environment.GetEnvironmentVariable("RDMAPIPE_SWARM_SECONDS");
        Skip.If(string.IsNullOrEmpty(seconds), "RDMAPIPE_SWARM_SECONDS says for how long fresh seeds are tried");
        // Beyond the fixed ones, and short enough to be typed.
        var first = (ulong)Random.Shared.NextInt64(1_000_000, 1_000_000_000_000);
        Check(new Soak(first, TimeSpan.FromSeconds(int.Parse(seconds!, CultureInfo.InvariantCulture))), first);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void SeedRepeatsPacketForPacket(ulong seed)
    {
        var (once, again) = (SwarmRun.Run(seed), SwarmRun.Run(seed));
        Assert.Equal(once, again);
        Assert.NotEqual(once.Hash, SwarmRun.Run(seed + 1).Hash);
        Assert.True(once.Packets > 0);
    }

    private void Check(Soak soak, ulong first)
    {
        output.WriteLine($"first seed {first}");
        var report = soak.Run();
        output.WriteLine(report.ToString());
        var found = soak.Violations.Values.Take(3).Select(violation => violation.Message);
        Assert.True(report.Violations == 0, string.Join("\n\n", [$"{report}. {Again}", .. found]));
        Assert.True(report.Seeds > 0 && report.Packets > 0);
    }
}
