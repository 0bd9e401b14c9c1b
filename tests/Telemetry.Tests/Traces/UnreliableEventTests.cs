using System.Diagnostics;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>
/// What befalls messages that nobody acknowledges. They are sent once: so there is no <c>rdma.retransmit</c>, no <c>rdma.nak</c> and no
/// <c>rdma.rnr_wait</c>, and a drop is their end.
/// </summary>
public sealed class UnreliableEventTests : IDisposable
{
    private readonly SpanLog _log = new();

    public void Dispose() => _log.Dispose();

    // R-RESP-17, R-RESP-44, R-RESP-46. Of the message that was refused with its first packet there is nothing else to see.
    [Theory]
    [InlineData(QueuePairType.UnreliableConnection, 0, "no_receive_buffer")]
    [InlineData(QueuePairType.UnreliableConnection, 999, "bad_length")]
    [InlineData(QueuePairType.UnreliableDatagram, 0, "no_receive_buffer")]
    [InlineData(QueuePairType.UnreliableDatagram, 1039, "bad_length")]
    public void AMessageThatIsRefusedAtOnceIsASpanThatEndsWithIt(QueuePairType type, int room, string reason)
    {
        using var scene = new UnreliableScene(type);
        if (room > 0)
            scene.B.Receive(room);
        scene.Send(1000);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();

        var sent = _log.Single("a", "send");
        Assert.Equal(ActivityStatusCode.Unset, sent.Status);
        Assert.Empty(sent.Events);
        var span = _log.Single("b", "process");
        Assert.Equal(sent.Context, Assert.Single(span.Links).Context);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        SendSpanTests.Expect(span, (A.ErrorType, reason), (A.FailureStage, "responder"), (A.FirstPsn, sent.GetTagItem(A.FirstPsn)!),
            (A.FailurePsn, sent.GetTagItem(A.FirstPsn)!));
        Dropped(span, reason, "responder");
        Assert.Equal(new[] { "receive", "decode", "dispatch", "responder" }.Order(), StagesOf(span));
    }

    [Theory]
    [InlineData(QueuePairType.UnreliableConnection)]
    [InlineData(QueuePairType.UnreliableDatagram)]
    public void AMarkOfACongestedWayIsSeenOnTheReceiversSpan(QueuePairType type)
    {
        using var scene = new UnreliableScene(type, trafficClass: 2);
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Nth(1)).MarkEcn();
        scene.B.Receive(4000);
        scene.Send(1000);
        scene.Fabric.RunUntil(() => scene.A.Has(1) && scene.B.Has(1));
        Assert.Equal(SpanEventNames.EcnMark, Assert.Single(_log.Single("b", "process").Events).Name);
        Assert.Empty(_log.Single("a", "send").Events);
    }

    [Theory]
    [InlineData(QueuePairType.UnreliableConnection)]
    [InlineData(QueuePairType.UnreliableDatagram)]
    public void ADropByAStageOfTheSenderIsSeenOnItsSpan(QueuePairType type)
    {
        using var scene = new UnreliableScene(type, new FabricHostOptions
        {
            Device = new DeviceOptions
            {
                Traces = new TracingOptions { SampleInterval = 1 },
                Graph = graph => graph.InsertAfter(StageNames.Encode, _ => new DropsOne(), "dropper"),
            },
        });
        scene.Send(1000);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Dropped(_log.Single("a", "send"), "injected_fault", "dropper");
        Assert.Empty(_log.Of("b", "process"));
    }

    // What nobody traces costs no span, refused or not.
    [Fact]
    public void AMessageThatIsNotChosenIsNoneWhenItIsRefused()
    {
        using var scene = new UnreliableScene(QueuePairType.UnreliableDatagram,
            new FabricHostOptions { Device = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 0 } } });
        scene.Send(1000);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();
        Assert.Empty(_log.Of("b", "process"));
    }

    private static void Dropped(Activity span, string reason, string stage)
    {
        var drop = Assert.Single(span.Events);
        Assert.Equal(SpanEventNames.Drop, drop.Name);
        Assert.Contains(new(A.DropReason, reason), drop.Tags);
        Assert.Contains(new(A.StageName, stage), drop.Tags);
    }

    private IEnumerable<string> StagesOf(Activity span) =>
        _log.Children(span).Select(child => (string)child.GetTagItem(A.StageName)!).Order();
}
