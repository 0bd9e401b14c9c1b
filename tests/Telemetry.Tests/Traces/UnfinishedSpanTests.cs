using System.Diagnostics;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>A span that was begun ends, whatever becomes of its message and of who listens.</summary>
public sealed class UnfinishedSpanTests
{
    [Theory]
    [InlineData(QueuePairType.ReliableConnection)]
    [InlineData(QueuePairType.UnreliableConnection)]
    public void WhatWasUnderWayWhenAllListenersLeftEndsThen(QueuePairType type)
    {
        using var scene = new UnreliableScene(type);
        var begun = new List<Activity>();
        using (Listen(begun.Add))
        {
            // The first packet has come, and the last has not.
            scene.Fabric.Faults.When(p => p.From(scene.HostA).Nth(3)).Delay(TimeSpan.FromMilliseconds(1));
            scene.B.Receive(10_000);
            scene.Send(10_000);
            scene.Fabric.RunUntil(() => begun.Exists(span => span.DisplayName == "process 10.0.0.1"));
        }
        scene.Fabric.RunUntil(() => scene.B.Has(1));
        scene.Fabric.RunUntilQuiet();
        using var log = new SpanLog();
        for (int i = 2; i < 5; i++)
        {
            scene.B.Receive(100);
            scene.Send(100);
            scene.Fabric.RunUntil(() => scene.A.Has(i) && scene.B.Has(i));
            scene.Fabric.RunUntilQuiet();
        }
        Assert.All(begun, span => Assert.True(span.IsStopped, $"{span.DisplayName} has not ended"));
        Assert.Equal(3, log.Of("b", "process").Count);
        Assert.All(log.Of("b", "process"), span => SendSpanTests.Expect(span, (A.MessageSize, 100L)));
    }

    // R-RESP-43: the first packet of the next message shows that the rest of this one is lost.
    [Fact]
    public void AMessageWhoseEndIsLostEndsWithTheBeginningOfTheNext()
    {
        using var log = new SpanLog();
        using var scene = new UnreliableScene(QueuePairType.UnreliableConnection);
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Opcode(Opcode.UcSendLast).Nth(1)).Drop();
        uint first = scene.A.QueuePair.InitialPsn;
        scene.B.Receive(10_000);
        scene.B.Receive(10_000);
        scene.Send(10_000);
        scene.Send(10_000);
        scene.Fabric.RunUntil(() => scene.A.Has(2) && scene.B.Has(1));

        var spans = log.Of("b", "process");
        Assert.Equal(2, spans.Count);
        Assert.Equal(ActivityStatusCode.Error, spans[0].Status);
        SendSpanTests.Expect(spans[0], (A.FirstPsn, (long)first), (A.ErrorType, "out_of_sequence"), (A.FailureStage, "responder"),
            (A.FailurePsn, (first + 3L) & 0xFFFFFF), (A.FailureCause, FailureWords.OfLoss(DropReason.OutOfSequence).Cause));
        Assert.Equal(ActivityStatusCode.Unset, spans[1].Status);
        SendSpanTests.Expect(spans[1], (A.FirstPsn, (first + 3L) & 0xFFFFFF), (A.MessageSize, 10_000L));
    }

    [Fact] // R-RESP-43: nobody sends it again, so nothing more comes of it.
    public void AMessageThatMissesAPacketEndsWithTheGap()
    {
        using var log = new SpanLog();
        using var scene = new UnreliableScene(QueuePairType.UnreliableConnection);
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Opcode(Opcode.UcSendMiddle).Nth(1)).Drop();
        uint first = scene.A.QueuePair.InitialPsn;
        scene.B.Receive(10_000);
        scene.Send(10_000);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();

        var span = log.Single("b", "process");
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Contains("out_of_sequence in stage responder at PSN", span.StatusDescription, StringComparison.Ordinal);
        var drop = Assert.Single(span.Events);
        Assert.Equal(SpanEventNames.Drop, drop.Name);
        Assert.Contains(new(A.PacketPsn, (first + 2L) & 0xFFFFFF), drop.Tags);
        Assert.Contains(new(A.DropReason, "out_of_sequence"), drop.Tags);
        Assert.Contains(new(A.StageName, "responder"), drop.Tags);
    }

    private static ActivityListener Listen(Action<Activity> started)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RdmaPipelineTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = started,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
