using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Protocol;
using RdmaPipeline.Testing.SimulatedWorld;
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
    public void DevicesLoseMessagesAndNothingElse() => Run(SimulatedWorld.Preset, RunDevices);

    private void Run(string preset, Func<ulong, QueuePairType, FaultCoverage, (int Delivered, int Sent)> run)
    {
        var coverage = new FaultCoverage();
        var single = Environment.GetEnvironmentVariable("RDMAPIPE_SEED") is { Length: > 0 } text ? ulong.Parse(text) : (ulong?)null;
        var count = Environment.GetEnvironmentVariable("RDMAPIPE_SEEDS") is { Length: > 0 } many ? int.Parse(many) : Seeds;
        var (first, last) = single is { } seed ? (seed, seed) : (1UL, (ulong)count);
        var (delivered, sent) = (0, 0);
        for (seed = first; seed <= last; seed++)
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

        output.WriteLine($"{last - first + 1} seeds, {delivered} of {sent} messages delivered");
        output.WriteLine(coverage.ToTable(preset, FaultCoverage.UnreliableOpcodes));
        if (single is not null || count < Seeds) return;
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
            if (pair.Time.Now == last && pair.Time.NextEvent != Instant.Never) return workload.IsDone;
            last = pair.Time.Now;
            return workload.Step();
        }
    }

    private static (int Delivered, int Sent) RunDevices(ulong seed, QueuePairType type, FaultCoverage coverage)
    {
        var settings = WorkloadSettings.Draw(seed);
        var duplicates = seed % 2 == 0;
        var world = new SimulatedWorld(new SimulatedWorldOptions
        {
            Seed = seed,
            Faults = new FaultRates { Loss = 0.05, Duplicate = duplicates ? 0.05 : 0, Reorder = 0.05, Corrupt = 0.05 },
            Machine = settings.Machine, InitialPsn = settings.InitialPsn, Coverage = coverage,
        });
        var workload = new UnreliableWorkload(settings, type, duplicates ? 2 : 1, world.Devices[0], world.Devices[1]);
        Assert.True(world.Run(workload.Step, Limit), $"hangs at {world.Time.Nanoseconds} ns: {workload.Progress}");
        Assert.True(world.RunUntilQuiet(Limit), "the world does not come to rest");
        workload.Verify();
        world.Dispose();
        return (workload.Delivered, workload.Tellable);
    }
}
