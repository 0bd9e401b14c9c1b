using RdmaPipeline.Graph;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Reshaping;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Reshaping;

/// <summary>
/// Devices are changed at random while RC, UC and UD run both ways, and two edits in five go wrong: cancelled, out of time, not possible,
/// or with a stage that fails. After each, by counts of packets, everything sent was delivered in order or the medium says that it has lost
/// it; the graphs lost nothing, their laws hold and each runs wholly in the revision of before or of now.
/// <c>RDMAPIPE_RESHAPE_EDITS</c> asks for more edits, <c>RDMAPIPE_SEED</c> for others.
/// </summary>
[Collection(DeviceCollection.Name)]
public class ReshapeTests
{
    private const string EditsVariable = "RDMAPIPE_RESHAPE_EDITS";
    private const int TroublePercent = 40;
    private const int ControlPasses = 100;

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
        AssertTheControlDropsNothing(run, load);
        var random = new SplitMix(seed + 3);
        for (int i = 0; i < edits && run.Findings.Count == 0; i++)
        {
            if (random.Chance(TroublePercent))
                run.TroubleOnce();
            else
                run.EditOnce();
        }
        Assert.True(run.Findings.Count == 0, $"seed {seed}: {string.Join("\n", run.Findings)}");
        Record(setup, run, load);
        Assert.Equal(edits, run.Applied.Count + run.Troubles.Count);
        Assert.Equal(Enum.GetValues<EditTrouble>(), run.Troubles.Select(t => t.Trouble).Distinct().Order());
        Assert.All(Services, service => Assert.True(load.FiguresOf(service).Delivered > edits, $"{service}: {load.FiguresOf(service)}"));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void EveryDescriptionThatCannotBeIsRefusedInWordsAndChangesNothing(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup, setup.Options with { Seed = 7 });
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var run = new ReshapeRun(pair.A, pair.B, load, 1);
        for (int i = 0; i < InvalidEdits.All.Length; i++)
            run.RefuseOnce(i);
        Assert.True(run.Findings.Count == 0, string.Join("\n", run.Findings));
        Assert.All(run.Troubles, trouble => Assert.True(trouble.WentWrong));
        Assert.Equal(1, pair.A.GetPipeline().Describe().Revision);
    }

    // Before anything is changed, and with twice the datagrams on their way: what is lost afterwards is not the load's doing.
    private static void AssertTheControlDropsNothing(ReshapeRun run, TwoWayLoad load)
    {
        for (int i = 0; i < ControlPasses; i++)
            run.PassOnce();
        Assert.Empty(run.Findings);
        Assert.Equal((0, 0, 0), (run.DroppedByMedium, run.DroppedByGraphs, load.Figures.Lost));
        load.AllowDatagrams(TwoWayLoad.Window / 2);
    }

    // For the table in README.md: printed where somebody asked for a long run.
    private static void Record(DeviceSetup setup, ReshapeRun run, TwoWayLoad load)
    {
        if (Environment.GetEnvironmentVariable(EditsVariable) is null)
            return;
        double[] pauses = [.. run.Applied.Select(edit => edit.Pause.TotalMilliseconds).Order()];
        Console.WriteLine($"{setup}: {run.Applied.Count} edits, {run.Troubles.Count(t => t.WentWrong)} gone wrong of {run.Troubles.Count}, "
            + $"{load.Figures}, medium dropped {run.DroppedByMedium}, graphs {run.DroppedByGraphs}, "
            + $"pause p50 {pauses[pauses.Length / 2]:0.###} p99 {pauses[pauses.Length * 99 / 100]:0.###} max {pauses[^1]:0.###} ms");
    }
}
