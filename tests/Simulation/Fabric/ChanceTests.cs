using RdmaPipeline.Backends;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>The faults that have a probability: they happen as often as was said, and the connection does what the rules say.</summary>
public sealed class ChanceTests
{
    private const int Messages = 40;
    private const int Length = 60_000;

    [Theory]
    [InlineData(LinkType.RoCEv2)]
    [InlineData(LinkType.InfiniBand)]
    public void LostPacketsAreSentAgain(LinkType type)
    {
        using var scene = Run(new LinkOptions { Loss = 0.05 }, type);
        var lane = scene.Link.From(scene.HostA);
        AssertAbout(0.05, lane.Lost(DropReason.InjectedFault), lane.Entered);
        Assert.Equal(lane.Entered, lane.Arrived + lane.Lost(DropReason.InjectedFault));
        // R-RESP-2: what comes behind a gap is dropped, and one NAK asks for it.
        Assert.InRange(scene.HostB.Dropped(DropReason.OutOfSequence), 1, lane.Entered);
    }

    [Fact]
    public void CopiesAreFoundOutAndDoNoHarm()
    {
        using var scene = Run(new LinkOptions { Duplication = 0.05 });
        var lane = scene.Link.From(scene.HostA);
        AssertAbout(0.05, lane.Arrived - lane.Entered, lane.Entered);
        Assert.Equal(lane.Arrived - lane.Entered, scene.HostB.Dropped(DropReason.Duplicate));
        // R-RESP-18: a duplicate never causes a NAK, so nothing had to be sent again.
        Assert.Equal(Messages * 15, lane.Entered);
    }

    [Fact]
    public void LatePacketsAreFoundOut()
    {
        using var scene = Run(new LinkOptions { Reordering = 0.05 });
        Assert.InRange(scene.HostB.Dropped(DropReason.OutOfSequence), 1, long.MaxValue);
        Assert.InRange(scene.HostB.Dropped(DropReason.Duplicate), 1, long.MaxValue);
        Assert.Empty(scene.Lines(FabricEvent.Lost));
    }

    [Theory]
    [InlineData(LinkType.RoCEv2)]
    [InlineData(LinkType.InfiniBand)]
    public void AFlippedBitIsFoundByTheIcrc(LinkType type)
    {
        using var scene = Run(new LinkOptions { Corruption = 0.05 }, type);
        var lane = scene.Link.From(scene.HostA);
        var broken = scene.Lines(FabricEvent.Delivered).Where(e => e.Node == scene.HostB && !e.Packet!.HasValidIcrc).ToList();
        AssertAbout(0.05, broken.Count, lane.Entered);
        // A flipped bit of the header may be found out before the ICRC is looked at (R-WIRE-23), but none gets through.
        Assert.All(broken, entry => Assert.NotEqual(DropReason.None, entry.Reason));
        Assert.InRange(broken.Count(entry => entry.Reason == DropReason.IcrcMismatch), broken.Count / 2, broken.Count);
    }

    // The receiver takes the packet for a good one: the flipped bit is found in memory.
    [Fact]
    public void WithANewIcrcAFlippedBitGetsThrough()
    {
        using var scene = new FabricScene(new LinkOptions { UndetectedCorruption = 1 });
        scene.Link.From(scene.HostB).Options = LinkOptions.Perfect;
        scene.Fabric.Faults.When(p => p.From(scene.HostA).After(1)).Pass();
        scene.A.Write(scene.B, 4096);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        var first = scene.Lines(FabricEvent.Delivered).First().Packet!;
        Assert.True(first.HasValidIcrc && first.IsAltered);
        Assert.Equal(0, scene.HostB.Dropped(DropReason.IcrcMismatch));
        Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[0].Status);
        Assert.InRange(PatternGenerator.FindMismatch(scene.B.Memory.AsSpan(0, 4096), seed: 1), 0, 4095);
    }

    [Theory]
    [InlineData(LinkType.RoCEv2)]
    [InlineData(LinkType.InfiniBand)]
    public void MarkedPacketsArriveWithTheMarkAndAValidIcrc(LinkType type)
    {
        using var scene = Run(new LinkOptions { EcnMarking = 0.1 }, type);
        var arrived = scene.Lines(FabricEvent.Delivered).Select(entry => entry.Packet!).ToList();
        Assert.All(arrived, packet => Assert.True(packet.HasValidIcrc));
        Assert.All(arrived, packet => Assert.Equal(packet.IsAltered, IsMarked(packet)));
        AssertAbout(0.1, arrived.Count(IsMarked), arrived.Count);
        Assert.Empty(scene.Lines(FabricEvent.Dropped));
    }

    [Fact]
    public void CoverageCountsEachFaultUnderItsOpcode()
    {
        var coverage = new FaultCoverage();
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 1, Coverage = coverage });
        var (a, b) = (fabric.AddHost(), fabric.AddHost());
        fabric.Connect(a, b);
        fabric.Faults.When(p => p.Opcode(Opcode.RcWriteOnly).First(1)).Drop();
        fabric.Faults.When(p => p.Opcode(Opcode.RcAcknowledge).First(1)).Duplicate();
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        left.Write(right, 100);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal(1, coverage.Hits(RdmaTestFabric.CoveragePreset, Opcode.RcWriteOnly, FaultKind.Loss));
        Assert.Equal(2, coverage.Hits(RdmaTestFabric.CoveragePreset, Opcode.RcWriteOnly, FaultKind.None));
        Assert.Equal(1, coverage.Hits(RdmaTestFabric.CoveragePreset, Opcode.RcAcknowledge, FaultKind.Duplication));
    }

    private static bool IsMarked(FabricPacket packet) =>
        packet.TryView(out var view) && (view.ForwardCongestion || packet.Ecn == 3);

    private static FabricScene Run(LinkOptions link, LinkType type = LinkType.RoCEv2)
    {
        var scene = new FabricScene(seed: 11, type: type);
        scene.Link.From(scene.HostA).Options = link;
        for (int i = 0; i < Messages; i++)
        {
            scene.A.Write(scene.B, Length, (ulong)i);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1), TimeSpan.FromMinutes(1));
            Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[i].Status);
        }

        Assert.Equal(-1, PatternGenerator.FindMismatch(scene.B.Memory.AsSpan(0, Length), seed: 1));
        scene.Fabric.RunUntilQuiet();
        return scene;
    }

    private static void AssertAbout(double probability, long hits, long packets) =>
        Assert.InRange(hits, (long)(packets * probability / 2), (long)(packets * probability * 2));
}
