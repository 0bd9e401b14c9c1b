using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;
using Xunit.Abstractions;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// All services side by side on two devices with the real graph and a bad wire, in virtual time; the laws hold after every delegate.
/// <c>RDMAPIPE_SEED=n</c> runs just that seed, <c>RDMAPIPE_SEEDS=n</c> as many as wanted from 1.
/// </summary>
public sealed class ServicesSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 1000;
    private const long LeastHits = 20;

    /// <summary>The wire may deliver a packet and one copy of it.</summary>
    private const int Copies = 2;

    private static readonly IReadOnlyList<Opcode> Opcodes =
    [
        .. FaultCoverage.ReliableConnectionOpcodes, .. FaultCoverage.ExtendedReliableConnectionOpcodes, .. FaultCoverage.UnreliableOpcodes,
    ];

    [Fact]
    public void EveryServiceKeepsItsPromisesBesideTheOthers()
    {
        var coverage = new FaultCoverage();
        var seeds = RdmaTestSeeds.Sweep(Seeds).ToList();
        var (reliable, delivered, tellable) = (0L, 0L, 0L);
        foreach (ulong seed in seeds)
        {
            var workload = Run(seed, coverage);
            reliable += workload.ReliableWorkRequests;
            delivered += workload.Delivered;
            tellable += workload.Tellable;
        }
        output.WriteLine($"{seeds.Count} seeds, {reliable} reliable work requests, {delivered} of {tellable} unreliable messages");
        output.WriteLine(coverage.ToTable(RdmaTestFabric.CoveragePreset, Opcodes));
        if (seeds.Count < Seeds)
            return;
        Assert.Empty(coverage.FindGaps(RdmaTestFabric.CoveragePreset, Opcodes, LeastHits));
        // The checks are not passed by delivering nothing.
        Assert.InRange(delivered, tellable / 3, tellable - 1);
    }

    private static ServicesWorkload Run(ulong seed, FaultCoverage coverage)
    {
        var settings = WorkloadSettings.Draw(seed);
        using var pair = new FabricPair(seed, FabricPair.FivePercentEach, settings, coverage);
        var workload = new ServicesWorkload(settings, Copies, pair.Left, pair.Right);
        pair.Complete(workload.Step, () => workload.Progress, workload.Verify);
        return workload;
    }
}
