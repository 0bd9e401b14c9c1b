using RdmaPipeline.Protocol;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Verbs;
using Xunit.Abstractions;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// UC and UD on a bad wire, in bare machines and in the real graph. <c>RDMAPIPE_SEED=n</c> runs just that seed, <c>RDMAPIPE_SEEDS=n</c> as
/// many as wanted from 1.
/// </summary>
public sealed class UnreliableSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 400;
    private const long LeastHits = 20;

    /// <summary>Virtual time that no seed may need: nothing hangs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public void MachinesLoseMessagesAndNothingElse()
    {
        var frames = new SimulatedFrames();
        Run("machines", (seed, type, coverage) => RunMachines(seed, type, coverage, frames));
    }

    [Fact]
    public void DevicesLoseMessagesAndNothingElse() => Run(RdmaTestFabric.CoveragePreset, RunDevices);

    private void Run(string preset, Func<ulong, QueuePairType, FaultCoverage, (int Delivered, int Sent)> run)
    {
        var coverage = new FaultCoverage();
        var seeds = RdmaTestSeeds.Sweep(Seeds).ToList();
        var (delivered, sent) = (0, 0);
        foreach (var seed in seeds)
        {
            foreach (var type in (QueuePairType[])[QueuePairType.UnreliableConnection, QueuePairType.UnreliableDatagram])
            {
                try
                {
                    var (came, went) = run(seed, type, coverage);
                    (delivered, sent) = (delivered + came, sent + went);
                }
                catch (Exception failure)
                {
                    throw new SimulationFailureException($"seed {seed} of {type} (RDMAPIPE_SEED={seed} replays it): {failure}");
                }
            }
        }

        output.WriteLine($"{seeds.Count} seeds, {delivered} of {sent} messages delivered");
        output.WriteLine(coverage.ToTable(preset, FaultCoverage.UnreliableOpcodes));
        if (seeds.Count < Seeds) return;
        Assert.Empty(coverage.FindGaps(preset, FaultCoverage.UnreliableOpcodes, LeastHits));
        // The checks are not passed by delivering nothing.
        Assert.InRange(delivered, sent / 3, sent - 1);
    }

    private static (int Delivered, int Sent) RunMachines(ulong seed, QueuePairType type, FaultCoverage coverage, SimulatedFrames frames)
    {
        var settings = WorkloadSettings.Draw(seed);
        // Every other seed does not duplicate: there no message may come twice.
        var duplicates = seed % 2 == 0;
        var faults = LinkFaults.FivePercentEach with { Duplication = duplicates ? 5 : 0 };
        var pair = new MachinePair(seed, faults, coverage, frames);
        foreach (var node in (ReadOnlySpan<SimulatedNode>)[pair.Left, pair.Right])
            (node.Options, node.InitialPsn) = (settings.Machine, settings.InitialPsn);
        var workload = new UnreliableWorkload(settings, type, duplicates ? 2 : 1, pair.Left.Device, pair.Right.Device);
        var limit = new Instant(Limit.Ticks * 100);
        var last = Instant.Never;
        Assert.True(pair.Run(Step, limit), $"hangs at {pair.Time.Now}: {workload.Progress}");
        pair.Run(() => false, limit);
        workload.Verify();
        return (workload.Delivered, workload.Tellable);

        // Sends complete at once here: a step for each instant leaves time to arrive before all have been posted.
        bool Step()
        {
            if (pair.Time.Now == last && pair.Time.NextEvent != long.MaxValue) return workload.IsDone;
            last = pair.Time.Now;
            return workload.Step();
        }
    }

    private static (int Delivered, int Sent) RunDevices(ulong seed, QueuePairType type, FaultCoverage coverage)
    {
        var settings = WorkloadSettings.Draw(seed);
        var duplicates = seed % 2 == 0;
        var faults = FabricPair.FivePercentEach with { Duplication = duplicates ? 0.05 : 0 };
        using var pair = new FabricPair(seed, faults, settings, coverage);
        var workload = new UnreliableWorkload(settings, type, duplicates ? 2 : 1, pair.Left, pair.Right);
        pair.Complete(workload.Step, () => workload.Progress, workload.Verify);
        return (workload.Delivered, workload.Tellable);
    }
}
