using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing.SimulatedWorld;
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

    /// <summary>Virtual time that no seed may need: nothing hangs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly FaultRates FivePercentEach = new() { Loss = 0.05, Duplicate = 0.05, Reorder = 0.05, Corrupt = 0.05 };

    [Fact]
    public void EverySeedEndsWithEveryByteRightAndEveryWorkRequestCompletedOnceInOrder()
    {
        var coverage = new FaultCoverage();
        var single = Environment.GetEnvironmentVariable("RDMAPIPE_SEED") is { Length: > 0 } text ? ulong.Parse(text) : (ulong?)null;
        int count = Environment.GetEnvironmentVariable("RDMAPIPE_SEEDS") is { Length: > 0 } many ? int.Parse(many) : Seeds;
        var (first, last) = single is { } seed ? (seed, seed) : (1UL, (ulong)count);
        long steps = 0;
        for (seed = first; seed <= last; seed++)
            steps += Run(seed, coverage).Steps;
        output.WriteLine($"{last - first + 1} seeds, {steps} delegates");
        IReadOnlyList<Opcode> opcodes = [.. FaultCoverage.ReliableConnectionOpcodes, .. FaultCoverage.ExtendedReliableConnectionOpcodes];
        output.WriteLine(coverage.ToTable(SimulatedWorld.Preset, opcodes));
        if (single is null && count >= Seeds)
            Assert.Empty(coverage.FindGaps(SimulatedWorld.Preset, opcodes, LeastHits));
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
        var world = new SimulatedWorld(new SimulatedWorldOptions
        {
            Seed = seed, Faults = FivePercentEach, Machine = settings.Machine, InitialPsn = settings.InitialPsn, Coverage = coverage,
            // A shared receive queue serves queue pairs of both shards.
            Device = new DeviceOptions { ShardCount = settings.Receives == WorkloadReceives.Own ? 1 : 2 },
        });
        try
        {
            var workload = new MixedWorkload(settings, world.Devices[0], world.Devices[1]);
            Assert.True(workload.WorkRequests >= LeastWorkRequests);
            Assert.True(world.Run(workload.Step, Limit), $"hangs at {world.Time.Nanoseconds} ns: {workload.Progress}");
            // What is still on the wire, duplicates above all, must do no harm.
            Assert.True(world.RunUntilQuiet(Limit), "the world does not come to rest");
            workload.Verify();
            world.Dispose();
        }
        catch (Exception failure)
        {
            throw new SimulationFailureException($"seed {seed} (RDMAPIPE_SEED={seed} replays it): {failure}");
        }
        return (world.Packets.Hash, world.Packets.Count, world.Steps);
    }
}
