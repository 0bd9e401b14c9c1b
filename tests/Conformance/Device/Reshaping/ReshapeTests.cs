using RdmaPipeline.Graph;
using RdmaPipeline.Testing.Reshaping;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Reshaping;

/// <summary>
/// Devices are changed at random while RC, UC and UD run both ways: after each edit everything sent was delivered in order, or the medium
/// says that it has lost it, and the laws of both graphs hold. <c>RDMAPIPE_RESHAPE_EDITS</c> asks for more edits, <c>RDMAPIPE_SEED</c> for
/// others.
/// </summary>
[Collection(DeviceCollection.Name)]
public class ReshapeTests
{
    private const string EditsVariable = "RDMAPIPE_RESHAPE_EDITS";

    private static readonly QueuePairType[] Services =
        [QueuePairType.ReliableConnection, QueuePairType.UnreliableConnection, QueuePairType.UnreliableDatagram];

    public static TheoryData<DeviceSetup> Setups =>
    [
        new("mem", PipelinePreset.Simulated),
        new("mem", PipelinePreset.Staged),
        new("mem", PipelinePreset.Staged, ShardDriverKind.Dedicated, shards: 2),
        new("udp4", PipelinePreset.Staged),
    ];

    [Theory]
    [MemberData(nameof(Setups))]
    public void NothingIsLostOrReordered(DeviceSetup setup)
    {
        int edits = int.TryParse(Environment.GetEnvironmentVariable(EditsVariable), out int asked) ? asked : 300;
        ulong seed = ulong.TryParse(Environment.GetEnvironmentVariable("RDMAPIPE_SEED"), out ulong given) ? given : 20_261;
        using var pair = new DevicePair(setup, setup.Options with { Seed = 7 });
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var run = new ReshapeRun(pair.A, pair.B, load, seed);
        for (int i = 0; i < edits && run.Findings.Count == 0; i++)
            run.EditOnce();
        Assert.True(run.Findings.Count == 0, $"seed {seed}: {string.Join("\n", run.Findings)}");
        Record(setup, run, load);
        Assert.All(pair.A.GetPipeline().Revisions, revision => Assert.Equal(ReconfigurationOutcome.Applied, revision.Outcome));
        Assert.Equal(edits, run.Applied.Count);
        Assert.All(Services, service => Assert.True(load.FiguresOf(service).Delivered > edits, $"{service}: {load.FiguresOf(service)}"));
    }

    // The rate at which the run without edits drops nothing: what is lost above is not the load's doing.
    [Theory]
    [MemberData(nameof(Setups))]
    public void TheControlDropsNothing(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup, setup.Options with { Seed = 7 });
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var run = new ReshapeRun(pair.A, pair.B, load, 1);
        for (int i = 0; i < 100; i++)
            run.PassOnce();
        Assert.Empty(run.Findings);
        Assert.Equal((0, 0), (run.DroppedByMedium, load.Figures.Lost));
    }

    // For the table in README.md: printed where somebody asked for a long run.
    private static void Record(DeviceSetup setup, ReshapeRun run, TwoWayLoad load)
    {
        if (Environment.GetEnvironmentVariable(EditsVariable) is null)
            return;
        double[] pauses = [.. run.Applied.Select(edit => edit.Pause.TotalMilliseconds).Order()];
        Console.WriteLine($"{setup}: {run.Applied.Count} edits, {load.Figures}, medium dropped {run.DroppedByMedium}, graphs "
            + $"{run.DroppedByGraphs}, pause p50 {pauses[pauses.Length / 2]:0.###} p99 {pauses[pauses.Length * 99 / 100]:0.###} "
            + $"max {pauses[^1]:0.###} ms");
    }
}
