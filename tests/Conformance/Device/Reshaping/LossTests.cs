using System.Diagnostics;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Testing.Reshaping;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Reshaping;

/// <summary>
/// The judgement of an edit finds what a graph has lost, also where the medium has lost packets in the same interval: a burst that a stage
/// loses when it hands its state over, on purpose.
/// </summary>
[Collection(DeviceCollection.Name)]
public class LossTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void AnEditThatLosesABurstIsFound(int losses)
    {
        var setup = new DeviceSetup("mem", PipelinePreset.Staged);
        using var pair = new DevicePair(setup);
        using var load = new TwoWayLoad(pair.A, pair.B, QueuePairType.UnreliableDatagram);
        var run = new ReshapeRun(pair.A, pair.B, load, 1);
        run.PassOnce();
        var lost = HandOver(pair.A, load, losses);
        run.Judge("the hand-over");
        AssertFound(run, lost);
        Assert.Equal(0, run.DroppedByMedium);
    }

    // A ring with room for two bursts, and a sender that has more on their way: it drops now and then.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void AnEditThatLosesABurstIsFoundAlsoWhereTheMediumLosesPackets(int losses)
    {
        var fabric = new LoopbackFabric();
        var options = new DeviceOptions { Preset = PipelinePreset.Simulated, Seed = 5 };
        using var a = RdmaPipelineDevice.Open(fabric.Open(new LoopbackOptions { ReceiveRing = 2 }), options);
        using var b = RdmaPipelineDevice.Open(fabric.Open(new LoopbackOptions { ReceiveRing = 2 }), options);
        using var load = new TwoWayLoad(a, b, [.. Enumerable.Repeat(QueuePairType.UnreliableDatagram, 8)]);
        var run = new ReshapeRun(a, b, load, 1);
        PumpUntil(load, () => run.DroppedByMedium > 0, "a first packet dropped");
        run.Judge("before");
        Assert.True(load.Figures.Lost > 0 && run.Findings.Count == 0, string.Join("\n", run.Findings));
        long before = run.DroppedByMedium;
        var lost = HandOver(a, load, losses);
        PumpUntil(load, () => run.DroppedByMedium > before, "another packet dropped");
        run.Judge("the hand-over");
        AssertFound(run, lost);
    }

    [Fact]
    public void AnAccountOfAnIntervalTellsWhoHasLostWhat()
    {
        var fine = new PacketAccount(100, 97, DroppedByKernel: 2, DroppedByBackends: 1, 0, Created: 200, Ended: 195, Repeated: 5, 0);
        Assert.Empty(fine.Judge(lostMessages: 3));
        Assert.Contains("4 messages lost, and the medium has lost 3 packets", Assert.Single(fine.Judge(4)), StringComparison.Ordinal);
        string medium = Assert.Single((fine with { Received = 96 }).Judge(3));
        Assert.StartsWith("4 packets did not come out of the medium, which says otherwise", medium, StringComparison.Ordinal);
        string graph = Assert.Single((fine with { Ended = 194 }).Judge(3));
        Assert.StartsWith("1 packets lost by the graphs themselves", graph, StringComparison.Ordinal);
        var quiet = new PacketAccount(100, 100, 0, 0, 0, 200, 199, 0, Dropped: 1);
        Assert.StartsWith("1 packets dropped by stages", Assert.Single(quiet.Judge(0)), StringComparison.Ordinal);
        // Of a segmented datagram the kernel may count one, whatever is in it; but never more than there was.
        Assert.Empty((fine with { Received = 90, SentInRuns = 50 }).Judge(3));
        Assert.Single((fine with { Received = 98, SentInRuns = 50 }).Judge(2));
    }

    private static LosingStage HandOver(RdmaDevice device, TwoWayLoad load, int losses)
    {
        var pipeline = device.GetPipeline();
        var lossy = new LosingStage(losses);
        Complete(pipeline.ReconfigureAsync(spec => spec.Insert("lossy", () => lossy, StageNames.Decode)), load);
        lossy.Arm();
        PumpUntil(load, () => losses == 0 || lossy.HasOne, "a burst in hand");
        var edit = pipeline.ReconfigureAsync(spec => spec.Replace("lossy", () => new FailingStage("lossy", null)));
        Complete(edit, load);
        Assert.Equal(losses > 0, lossy.Packets > 0);
        return lossy;
    }

    private static void Complete(Task edit, TwoWayLoad load)
    {
        PumpUntil(load, () => edit.IsCompleted, "the graph changed");
        edit.GetAwaiter().GetResult();
    }

    private static void PumpUntil(TwoWayLoad load, Func<bool> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            load.Pump(post: true);
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), $"never: {what}");
        }
    }

    private static void AssertFound(ReshapeRun run, LosingStage lost)
    {
        string words = $"{lost.Packets} packets lost by the graphs themselves";
        if (lost.Packets == 0)
            Assert.True(run.Findings.Count == 0, string.Join("\n", run.Findings));
        else
            Assert.Contains(run.Findings, finding => finding.Contains(words, StringComparison.Ordinal));
    }

    /// <summary>Keeps one burst in hand, tells nobody, and lets it go when it hands its state over.</summary>
    private sealed class LosingStage(int losses) : IStage<PacketBurst>, IStatefulStage
    {
        private IStageContext<PacketBurst> _context = null!;
        private PacketBurst? _burst;
        private volatile int _left;
        private volatile bool _hasOne;

        public string Name => "lossy";

        public IReadOnlyList<string> Outputs { get; } = ["out"];

        public bool HasOne => _hasOne;

        public int Packets { get; private set; }

        public void Arm() => _left = losses;

        public void Attach(IStageContext<PacketBurst> context) => _context = context;

        public void Process(PacketBurst burst)
        {
            if (_left == 0)
            {
                _context.Emit(0, burst);
                return;
            }
            _left--;
            (_burst, Packets) = (burst, burst.Count);
            _hasOne = true;
        }

        public object? SaveState()
        {
            _burst?.Release();
            return null;
        }

        public void RestoreState(object? state)
        {
        }
    }
}
