using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;
using Xunit.Abstractions;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// Two devices with the real graph on a bad wire, in virtual time; the laws hold after every delegate. <c>RDMAPIPE_SEED=n</c> runs just
/// that seed, <c>RDMAPIPE_SEEDS=n</c> as many as wanted from 1.
/// </summary>
public sealed class DeviceSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 1000;
    private const long LeastHits = 20;
    private const int LeastWorkRequests = 100;

    [Fact]
    public void EverySeedEndsWithEveryByteRightAndEveryWorkRequestCompletedOnceInOrder()
    {
        var coverage = new FaultCoverage();
        var seeds = RdmaTestSeeds.Sweep(Seeds).ToList();
        long steps = seeds.Sum(seed => Run(seed, coverage).Steps);
        output.WriteLine($"{seeds.Count} seeds, {steps} steps");
        IReadOnlyList<Opcode> opcodes = [.. FaultCoverage.ReliableConnectionOpcodes, .. FaultCoverage.ExtendedReliableConnectionOpcodes];
        output.WriteLine(coverage.ToTable(RdmaTestFabric.CoveragePreset, opcodes));
        if (seeds.Count >= Seeds)
            Assert.Empty(coverage.FindGaps(RdmaTestFabric.CoveragePreset, opcodes, LeastHits));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void TheSameSeedSendsTheSameBytesInTheSameOrder(ulong seed)
    {
        var (once, again, other) = (Run(seed, null), Run(seed, null), Run(seed + 1000, null));
        Assert.Equal(once, again);
        Assert.NotEqual(once.Hash, other.Hash);
        Assert.InRange(once.Packets, 100, int.MaxValue);
    }

    private static (ulong Hash, long Packets, long Steps) Run(ulong seed, FaultCoverage? coverage)
    {
        var settings = WorkloadSettings.Draw(seed);
        // A shared receive queue serves queue pairs of both shards.
        var device = new DeviceOptions { ShardCount = settings.Receives == WorkloadReceives.Own ? 1 : 2 };
        using var pair = new FabricPair(seed, FabricPair.FivePercentEach, settings, coverage, device);
        var workload = new MixedWorkload(settings, pair.Left, pair.Right);
        Assert.True(workload.WorkRequests >= LeastWorkRequests);
        pair.Complete(workload.Step, () => workload.Progress, workload.Verify);
        return (pair.Fabric.Log.Hash, pair.Fabric.Log.SentPackets, pair.Fabric.Steps);
    }
}
