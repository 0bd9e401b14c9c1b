using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing.Simulation;
using Xunit.Abstractions;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// Two bare machines on a bad wire. <c>RDMAPIPE_SEED=n</c> runs just that seed, <c>RDMAPIPE_SEEDS=n</c> as many as wanted from 1.
/// </summary>
public sealed class MachineSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 1000;
    private const long LeastHits = 20;
    private const int LeastWorkRequests = 100;

    /// <summary>Virtual time that no seed may need: nothing hangs.</summary>
    private static readonly Instant Limit = new(60_000_000_000);

    [Fact]
    public void EverySeedEndsWithEveryByteRightAndEveryWorkRequestCompletedOnceInOrder()
    {
        var coverage = new FaultCoverage();
        var frames = new SimulatedFrames();
        var single = Environment.GetEnvironmentVariable("RDMAPIPE_SEED") is { Length: > 0 } text ? ulong.Parse(text) : (ulong?)null;
        var count = Environment.GetEnvironmentVariable("RDMAPIPE_SEEDS") is { Length: > 0 } many ? int.Parse(many) : Seeds;
        var (first, last) = single is { } seed ? (seed, seed) : (1UL, (ulong)count);
        var before = Environment.CpuUsage.TotalTime;
        for (seed = first; seed <= last; seed++) Run(seed, coverage, frames);
        output.WriteLine($"{last - first + 1} seeds, {(Environment.CpuUsage.TotalTime - before).TotalSeconds:f1} s of processor time");
        IReadOnlyList<Opcode> opcodes = [.. FaultCoverage.ReliableConnectionOpcodes, .. FaultCoverage.ExtendedReliableConnectionOpcodes];
        output.WriteLine(coverage.ToTable("machines", opcodes));
        if (single is null && count >= Seeds) Assert.Empty(coverage.FindGaps("machines", opcodes, LeastHits));
    }

    private static void Run(ulong seed, FaultCoverage coverage, SimulatedFrames frames)
    {
        var settings = WorkloadSettings.Draw(seed);
        var pair = new MachinePair(seed, LinkFaults.FivePercentEach, coverage, frames);
        foreach (var node in (ReadOnlySpan<SimulatedNode>)[pair.Left, pair.Right])
            (node.Options, node.InitialPsn) = (settings.Machine, settings.InitialPsn);
        var workload = new MixedWorkload(settings, pair.Left.Device, pair.Right.Device);
        try
        {
            Assert.True(workload.WorkRequests >= LeastWorkRequests);
            Assert.True(pair.Run(workload.Step, Limit), $"hangs at {pair.Time.Now}: {workload.Progress}");
            // What is still on the wire, duplicates above all, must do no harm.
            pair.Run(() => false, Limit);
            workload.Verify();
        }
        catch (Exception failure)
        {
            throw new SimulationFailureException($"seed {seed} (RDMAPIPE_SEED={seed} replays it): {failure}");
        }
    }
}
