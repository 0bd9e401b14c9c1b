using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>The fault script: each way to choose packets chooses those and no others, each action does what it says.</summary>
public sealed class FaultScriptTests
{
    private const int Length = 10 * 4096;

    [Fact]
    public void TheNthPacketOfAnOpcodeIsLost()
    {
        using var scene = new FabricScene();
        var rule = scene.Fabric.Faults.When(p => p.From(scene.HostA).Opcode(Opcode.RcWriteMiddle).Nth(3)).Drop();
        scene.WriteAll(Length);
        var lost = Assert.Single(scene.Lines(FabricEvent.Lost));
        Assert.Equal((Opcode.RcWriteMiddle, DropReason.InjectedFault), (lost.Packet!.Opcode, lost.Reason));
        Assert.Equal(scene.A.QueuePair.InitialPsn + 3 & 0xFFFFFF, lost.Packet.Psn);
        Assert.Equal(1, rule.Hits);
        Assert.Contains(rule.Name, lost.Detail, StringComparison.Ordinal);
        // R-RESP-2, R-REQ-33: the gap is answered by a NAK and everything from there on is sent again.
        Assert.InRange(scene.Link.From(scene.HostA).Entered, 11, 20);
    }

    [Fact]
    public void APsnIsChosenAlsoAcrossTheWrap()
    {
        using var scene = new FabricScene(host: new FabricHostOptions { InitialPsn = 0xFFFFFE });
        var first = scene.Fabric.Faults.When(p => p.From(scene.HostA).Psn(0).First(1)).Drop();
        var range = scene.Fabric.Faults.When(p => p.From(scene.HostA).Psn(0xFFFFFF, 1)).Pass();
        scene.WriteAll(Length);
        Assert.Equal(1, first.Hits);
        Assert.All(scene.Lines(FabricEvent.Lost), entry => Assert.Equal(0u, entry.Packet!.Psn));
        // 0xFFFFFF, 0 once more, 1 twice, and what a NAK made be sent again.
        Assert.InRange(range.Hits, 3, 8);
    }

    [Fact]
    public void RulesChooseByQueuePairDirectionAndKind()
    {
        using var scene = new FabricScene();
        var other = Endpoint.Connect(scene.HostA, scene.HostB, FabricScene.Options);
        var faults = scene.Fabric.Faults;
        var mine = faults.When(p => p.QueuePair(scene.B.QueuePair)).Pass();
        var numbered = faults.When(p => p.QueuePair(other.B.QueuePair.Number).To(scene.HostB)).Pass();
        var responses = faults.When(p => p.Responses()).Pass();
        var rest = faults.When(p => p).Pass();
        scene.A.Write(scene.B, Length);
        other.A.Write(other.B, 2 * 4096);
        scene.Fabric.RunUntil(() => scene.A.Has(1) & other.A.Has(1));
        scene.Fabric.RunUntilQuiet();
        Assert.Equal((10, 2, 0), (mine.Hits, numbered.Hits, rest.Hits));
        Assert.InRange(responses.Hits, 2, long.MaxValue);
        Assert.Equal(scene.Fabric.Log.SentPackets, mine.Hits + numbered.Hits + responses.Hits);
    }

    [Fact]
    public void CountsAndTimesChoose()
    {
        using var scene = new FabricScene();
        var faults = scene.Fabric.Faults;
        var second = faults.When(p => p.Requests().After(1).First(1)).Pass();
        var none = faults.When(p => p.Between(TimeSpan.FromHours(1), TimeSpan.FromHours(2))).Drop();
        var some = faults.When(p => p.Requests().Where(packet => packet.PayloadLength == 4096).Probability(0.5)).Pass();
        for (int i = 0; i < 20; i++)
            scene.WriteAll(Length);
        Assert.Equal((1, 0), (second.Hits, none.Hits));
        Assert.Equal(199, some.Seen);
        Assert.InRange(some.Hits, 70, 130);
        scene.Fabric.Advance(TimeSpan.FromHours(1));
        scene.A.Write(scene.B, 1);
        scene.Fabric.RunUntil(() => none.Hits > 0);
    }

    [Fact]
    public void ADuplicatedSendIsDeliveredOnce()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Opcode(Opcode.RcSendOnly)).Duplicate(copies: 3);
        scene.B.Receive(100, 1);
        scene.B.Receive(100, 2);
        scene.A.Send(100);
        scene.Fabric.RunUntil(() => scene.A.Has(1) & scene.B.Has(1));
        scene.Fabric.RunUntilQuiet();
        Assert.False(scene.B.Has(2));
        // R-RESP-18, responder.md section 7: a duplicate SEND is acknowledged again and not executed.
        Assert.Equal(3, scene.HostB.Dropped(DropReason.Duplicate));
        Assert.Equal(4, scene.Lines(FabricEvent.Delivered).Count(entry => entry.Node == scene.HostB));
    }

    [Fact]
    public void ADelayedPacketComesThatMuchLater()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests().First(1)).Delay(TimeSpan.FromMilliseconds(3));
        scene.WriteAll(100);
        var (sent, came) = (scene.Lines(FabricEvent.Sent).First(), scene.Lines(FabricEvent.Delivered).First());
        Assert.InRange(came.Nanoseconds - sent.Nanoseconds, 3_002_000, 3_003_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AReorderedPacketIsOvertakenByAsManyAsWereSaid(int behind)
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests().Nth(2)).Reorder(behind);
        scene.WriteAll(Length);
        var psns = scene.Lines(FabricEvent.Delivered).Where(entry => entry.Node == scene.HostB)
            .Select(entry => entry.Packet!.Psn - scene.A.QueuePair.InitialPsn & 0xFFFFFF).Take(behind + 2).ToList();
        Assert.Equal([0, .. Enumerable.Range(2, behind).Select(i => (uint)i), 1], psns);
    }

    [Fact]
    public void AReorderedPacketThatNothingFollowsGoesOnAfterAWhile()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests().First(1)).Reorder(5);
        scene.WriteAll(100);
        Assert.InRange(scene.Lines(FabricEvent.Delivered).First().Nanoseconds, 1_000_000, 1_010_000);
    }

    [Fact]
    public void ACutLosesAHeldPacketToo()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests().First(1)).Reorder(1000);
        scene.A.Write(scene.B, 100);
        scene.Fabric.Advance(TimeSpan.FromMicroseconds(500));
        scene.Link.Down();
        scene.Link.Up();
        scene.Fabric.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Empty(scene.Lines(FabricEvent.Delivered));
        Assert.Equal(DropReason.NoRoute, Assert.Single(scene.Lines(FabricEvent.Lost)).Reason);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
    }

    [Fact]
    public void ACorruptedPacketIsDroppedByDispatchAndSentAgain()
    {
        using var scene = new FabricScene(seed: 2);
        scene.Fabric.Faults.When(p => p.Opcode(Opcode.RcWriteMiddle).First(4)).Corrupt();
        scene.WriteAll(Length);
        Assert.Equal(4, scene.HostB.Dropped(DropReason.IcrcMismatch));
        // R-WIRE-23: the ICRC is judged last, in front of the responder, and the packet is not answered.
        var dropped = scene.Lines(FabricEvent.Dropped).Where(entry => entry.Reason == DropReason.IcrcMismatch).ToList();
        Assert.Equal(4, dropped.Count);
        Assert.All(dropped, entry => Assert.Equal(("dispatch", Opcode.RcWriteMiddle), (entry.Stage, entry.Packet!.Opcode)));
    }

    [Fact]
    public void AnEditWithANewIcrcIsBelieved()
    {
        using var scene = new FabricScene();
        // The R_Key of the RETH: its last byte.
        scene.Fabric.Faults.When(p => p.Opcode(Opcode.RcWriteOnly)).Edit(transport => transport[23] ^= 1);
        scene.A.Write(scene.B, 100);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, scene.A.Completions[0].Status);
        Assert.Equal(0, scene.HostB.Dropped(DropReason.IcrcMismatch));
    }

    [Fact]
    public void AReplacementGoesOnInsteadWhateverItIs()
    {
        using var scene = new FabricScene();
        var rule = scene.Fabric.Faults.When(p => p.Requests().First(2)).Replace(packet => [.. packet.Frame.Span[..20]]);
        scene.WriteAll(100);
        Assert.Equal(2, rule.Hits);
        // No IP packet for the RoCE port any more: step 2 of the receive validation.
        Assert.Equal(2, scene.Lines(FabricEvent.Dropped).Count(entry => entry is { Stage: "decode", Packet.IsSound: false }));
    }

    [Fact]
    public void AMarkIsSetAndTheIcrcStillFits()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests()).MarkEcn();
        scene.WriteAll(Length);
        var packets = scene.Lines(FabricEvent.Delivered).Where(e => e.Node == scene.HostB).Select(e => e.Packet!).ToList();
        Assert.Equal(10, packets.Count);
        Assert.All(packets, packet => Assert.Equal(3, packet.Ecn));
        Assert.All(packets, packet => Assert.True(Icrc.Verify(packet.Frame.Span, EthernetFrame.Locate(packet.Frame.Span))));
    }

    [Fact]
    public void TheFirstRuleDecidesAndEndsWhenRemoved()
    {
        using var scene = new FabricScene();
        var first = scene.Fabric.Faults.When(p => p.Requests()).Pass().As("first");
        var second = scene.Fabric.Faults.When(p => p.Requests()).Drop();
        scene.WriteAll(100);
        Assert.Equal((1, 0), (first.Hits, second.Seen));
        first.Remove();
        scene.A.Write(scene.B, 100);
        scene.Fabric.RunUntil(() => second.Hits == 2);
        scene.Fabric.Faults.Clear();
        scene.Fabric.RunUntil(() => scene.A.Has(2));
        Assert.Equal("first: Pass, 1 of 1", first.ToString());
    }

    [Fact]
    public void ARuleCanMakeSomethingHappen()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests().Nth(5)).Then(_ =>
        {
            scene.Link.Down();
            scene.Fabric.Schedule(TimeSpan.FromMilliseconds(100), scene.Link.Up);
        });
        scene.WriteAll(Length);
        Assert.InRange(scene.Fabric.Now, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        Assert.NotEmpty(scene.Lines(FabricEvent.Lost));
    }

    // In the middle of whatever its own device and that of the peer are doing.
    [Fact]
    public void ARuleCanBreakWhatItIsAbout()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Requests().Nth(3)).Then(_ => scene.HostA.QueuePairError(scene.A.QueuePair));
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Requests().Nth(2)).Then(_ => scene.HostB.MemoryError(scene.B.Memory));
        scene.A.Write(scene.B, Length);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.FatalError, scene.A.Completions[0].Status);
        Assert.Equal(QueuePairState.Error, scene.A.QueuePair.State);
    }

    [Fact]
    public void AFrameThatNoLinkCarriesIsRefused()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests()).Replace(_ => new byte[20_000]);
        scene.A.Write(scene.B, 100);
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => scene.Fabric.RunUntil(() => scene.A.Has(1)));
        Assert.Contains("20000", refused.Message, StringComparison.Ordinal);
        Assert.Contains("16384", refused.Message, StringComparison.Ordinal);
    }

    // Chance has one draw for each packet, so the fates of the others stay what they were.
    [Fact]
    public void ARuleDoesNotShiftTheFatesOfOtherPackets()
    {
        var (with, without) = (Fates(1), Fates(long.MaxValue));
        Assert.Equal(without.Skip(1), with.Skip(1));
        Assert.Contains(true, with.Skip(1));

        static List<bool> Fates(long nth)
        {
            using var scene = new FabricScene(seed: 5);
            var lane = scene.Link.From(scene.HostA);
            lane.Options = new LinkOptions { Loss = 0.3 };
            scene.Fabric.Faults.When(p => p.Requests().Nth(nth)).Drop();
            for (int i = 0; i < 20; i++)
                scene.A.Write(scene.B, 100);
            scene.Fabric.RunUntil(() => lane.Entered >= 20);
            return [.. scene.Fabric.Log.Entries.Where(e => e.Node == scene.HostA && e.Kind is FabricEvent.Sent or FabricEvent.Lost)
                .Take(20).Select(e => e.Kind == FabricEvent.Lost)];
        }
    }
}
