using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Testing.SimulatedWorld;
using Xunit.Abstractions;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// Two devices with the whole stage graph on a bad wire, on the seeded scheduler in virtual time. <c>RDMAPIPE_SEED=n</c> runs just that
/// seed, <c>RDMAPIPE_SEEDS=n</c> as many as wanted from 1.
/// </summary>
public sealed class DeviceSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 1000;
    private const long LeastHits = 20;
    private const int LeastQueuePairs = 2;
    private const int LeastWorkRequests = 100;

    /// <summary>Virtual nanoseconds that no seed may need: nothing hangs.</summary>
    private const long Limit = 60_000_000_000;

    private static readonly FaultRates FivePercentEach = new() { Loss = 0.05, Duplicate = 0.05, Reorder = 0.05, Corrupt = 0.05 };

    [Fact]
    public void EverySeedEndsWithEveryByteRightAndEveryWorkRequestCompletedOnceInOrder()
    {
        var coverage = new FaultCoverage();
        var single = Environment.GetEnvironmentVariable("RDMAPIPE_SEED") is { Length: > 0 } text ? ulong.Parse(text) : (ulong?)null;
        var count = Environment.GetEnvironmentVariable("RDMAPIPE_SEEDS") is { Length: > 0 } many ? int.Parse(many) : Seeds;
        var (first, last) = single is { } seed ? (seed, seed) : (1UL, (ulong)count);
        long packets = 0;
        for (seed = first; seed <= last; seed++)
            packets += Run(seed, coverage).Packets;
        output.WriteLine($"{last - first + 1} seeds, {packets} packets");
        output.WriteLine(coverage.ToTable(DeviceWorld.Preset, FaultCoverage.ReliableConnectionOpcodes));
        if (single is null && count >= Seeds)
            Assert.Empty(coverage.FindGaps(DeviceWorld.Preset, FaultCoverage.ReliableConnectionOpcodes, LeastHits));
    }

    [Fact]
    public void TheSameSeedGivesTheSamePackets()
    {
        for (ulong seed = 1; seed <= 5; seed++)
            Assert.Equal(Run(seed, null), Run(seed, null));
        Assert.NotEqual(Run(1, null), Run(2, null));
    }

    private static (ulong Hash, long Packets) Run(ulong seed, FaultCoverage? coverage)
    {
        try
        {
            using var world = new DeviceWorld(seed, FivePercentEach, coverage);
            var settings = WorkloadSettings.Draw(seed);
            var options = new DeviceOptions
            {
                WindowBytes = settings.Machine.RequestWindowBytes,
                AckRequestInterval = settings.Machine.AckRequestInterval,
                Retry7IsInfinite = settings.Machine.Retry7IsInfinite,
            };
            var workload = new MixedWorkload(settings, world.Open(options), world.Open(options));
            Assert.True(2 * settings.Connections >= LeastQueuePairs && workload.WorkRequests >= LeastWorkRequests);
            Assert.True(world.Run(workload.Step, Limit), $"hangs at {world.Time.Nanoseconds} ns: {workload.Progress}");
            // What is still on the wire, duplicates above all, must do no harm.
            world.Run(() => false, Limit);
            workload.Verify();
            return (world.PacketLogHash, world.Packets);
        }
        catch (Exception failure)
        {
            throw new SimulationFailureException($"seed {seed} (RDMAPIPE_SEED={seed} replays it): {failure}");
        }
    }
}
