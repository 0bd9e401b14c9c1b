using System.Diagnostics;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>What goes wrong stands on the span of the work request: events, and in the end the cause in words.</summary>
public sealed class FaultSpanTests : IDisposable
{
    private static readonly FabricHostOptions Unsampled =
        new() { Device = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 0 } } };

    private readonly SpanLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact] // R-REQ-40
    public void APacketThatIsLostIsSentAgainAfterATimeoutAndSaysSo()
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Opcode(Opcode.RcWriteOnly).Nth(1)).Drop();
        scene.WriteAll(100);

        var span = _log.Single("a", "write");
        var sent = Assert.Single(span.Events);
        Expect(sent, SpanEventNames.Retransmit, (A.PacketPsn, (long)scene.A.QueuePair.InitialPsn), (A.RetransmitReason, "timeout"));
        Assert.InRange(sent.Timestamp.UtcDateTime - span.StartTimeUtc, TimeSpan.FromMilliseconds(67), span.Duration);
        SendSpanTests.Expect(span, (A.Retransmissions, 1));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact] // R-REQ-33
    public void ANakForAGapIsAnEventAndEveryPacketThatIsSentAgainToo()
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        uint first = scene.A.QueuePair.InitialPsn;
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Opcode(Opcode.RcWriteMiddle).Nth(1)).Drop();
        scene.WriteAll(4 * 4096);

        var span = _log.Single("a", "write");
        var nak = Assert.Single(span.Events, e => e.Name == SpanEventNames.Nak);
        Expect(nak, SpanEventNames.Nak,
            (A.PacketPsn, (first + 1L) & 0xFFFFFF), (A.NakCode, "psn_sequence_error"), (A.IoDirection, "receive"));
        Assert.Equal([1L, 2L, 3L], span.Events.Where(e => e.Name == SpanEventNames.Retransmit)
            .Select(e => ((long)e.Tags.Single(t => t.Key == A.PacketPsn).Value! - first) & 0xFFFFFF));
        Assert.All(span.Events.Where(e => e.Name == SpanEventNames.Retransmit), e =>
            Expect(e, SpanEventNames.Retransmit, (A.RetransmitReason, "nak_sequence")));

        var process = _log.Single("b", "process");
        Assert.Contains(process.Events, e => e.Name == SpanEventNames.Drop && Has(e, A.DropReason, "out_of_sequence"));
        Assert.Contains(process.Events, e => e.Name == SpanEventNames.Nak && Has(e, A.IoDirection, "transmit"));
    }

    [Fact] // R-REQ-42
    public void AReceiverThatIsNotReadyIsWaitedFor()
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        scene.A.Send(100);
        scene.Fabric.Advance(TimeSpan.FromMilliseconds(1));
        scene.B.Receive(100);
        scene.Fabric.RunUntil(() => scene.A.Has(1));

        var span = _log.Single("a", "send");
        Assert.Equal(2, span.Events.Count(e => e.Name == SpanEventNames.RnrWait));
        Expect(span.Events.First(), SpanEventNames.RnrWait,
            (A.PacketPsn, (long)scene.A.QueuePair.InitialPsn), (A.NakCode, "rnr"), (A.RnrTimer, 0.00064));
        Assert.Equal(2, span.Events.Count(e => e.Name == SpanEventNames.Retransmit && Has(e, A.RetransmitReason, "rnr")));
    }

    [Theory] // R-REQ-47: a failure is told of, sampled or not.
    [InlineData(true)]
    [InlineData(false)]
    public void APeerThatNeverIsReadyEndsItWithAllThatHappened(bool isSampled)
    {
        using var scene = new FabricScene(
            host: isSampled ? SendSpanTests.All : Unsampled, connect: FabricScene.Options with { RnrRetry = 2 });
        var began = scene.Fabric.Time.GetUtcNow().UtcDateTime;
        scene.A.Send(100, id: 5);
        scene.Fabric.RunUntil(() => scene.A.Has(1));

        var span = _log.Single("a", "send");
        Failed(span, WorkCompletionStatus.RnrRetryExceededError, "completer");
        SendSpanTests.Expect(span, (A.RnrRetries, 2), (A.FailurePsn, (long)scene.A.QueuePair.InitialPsn), (A.WorkRequestId, "5"));
        Assert.Equal($"rnr_retry_exceeded_error in stage completer at PSN 0x{scene.A.QueuePair.InitialPsn:x6} after 2 waits for the "
            + "receiver: the peer had no receive posted for it, not even after the last wait", span.StatusDescription);
        Assert.Equal(3, span.Events.Count(e => e.Name == SpanEventNames.RnrWait));
        Assert.Equal(2, span.Events.Count(e => e.Name == SpanEventNames.Retransmit));
        Assert.InRange(span.StartTimeUtc - began, TimeSpan.Zero, TimeSpan.FromMilliseconds(0.1));
        Assert.Equal(isSampled ? null : false, span.GetTagItem(A.Sampled));
    }

    [Theory] // R-REQ-40, R-REQ-41
    [InlineData(true)]
    [InlineData(false)]
    public void APeerThatDoesNotAnswerEndsItAfterAllRetries(bool isSampled)
    {
        using var scene = new FabricScene(
            host: isSampled ? SendSpanTests.All : Unsampled, connect: FabricScene.Options with { RetryCount = 3 });
        scene.Link.Down();
        scene.A.Write(scene.B, 100);
        scene.A.Write(scene.B, 200);
        scene.Fabric.RunUntil(() => scene.A.Has(2));

        var span = _log.Of("a", "write").Single(s => Equals(s.GetTagItem(A.MessageSize), 100L));
        Failed(span, WorkCompletionStatus.RetryExceededError, "completer");
        SendSpanTests.Expect(span, (A.Retries, 3));
        Assert.Equal(3, span.Events.Count(e => e.Name == SpanEventNames.Retransmit && Has(e, A.RetransmitReason, "timeout")));
        Assert.Contains("after 3 retries", span.StatusDescription, StringComparison.Ordinal);
        // R-CQ-17: what is flushed because of it says so, and leads to it.
        var flushed = _log.Of("a", "write").Single(s => s != span);
        Failed(flushed, WorkCompletionStatus.WorkRequestFlushedError, "completer");
        Assert.Contains(flushed.Links, link => link.Context.SpanId == span.SpanId);
    }

    [Theory] // R-REQ-33, R-RESP-10
    [InlineData(true)]
    [InlineData(false)]
    public void AWrongKeyIsToldOfAtBothEnds(bool isSampled)
    {
        using var scene = new FabricScene(host: isSampled ? SendSpanTests.All : Unsampled);
        scene.A.QueuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Entry = scene.A.Memory.Entry(0, 64), RemoteAddress = scene.B.Memory.Address,
            RemoteKey = scene.B.Memory.RemoteKey + 1,
        });
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();

        var span = _log.Single("a", "write");
        Failed(span, WorkCompletionStatus.RemoteAccessError, "completer");
        var nak = Assert.Single(span.Events);
        Expect(nak, SpanEventNames.Nak, (A.NakCode, "remote_access"), (A.IoDirection, "receive"));

        var process = _log.Single("b", "process");
        Assert.Equal(ActivityStatusCode.Error, process.Status);
        SendSpanTests.Expect(process, (A.ErrorType, "remote_access_error"), (A.FailureStage, "responder"));
        Assert.Equal([SpanEventNames.Drop, SpanEventNames.Nak], process.Events.Select(e => e.Name));
    }

    [Fact] // R-CQ-19
    public void WhatIsPostedInErrIsFlushedAndToldOfNoMoreThanSoOften()
    {
        using var scene = new FabricScene(host: Unsampled);
        scene.A.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        for (int i = 0; i < 100; i++)
        {
            scene.A.Write(scene.B, 8);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1));
        }

        Assert.Equal(64, _log.Of("a", "write").Count);
        Assert.All(_log.Of("a", "write"), span => Failed(span, WorkCompletionStatus.WorkRequestFlushedError, "completer"));
    }

    [Fact] // R-REQ-11
    public void AFaultOnThisSideNamesTheRequester()
    {
        using var scene = new FabricScene(host: Unsampled);
        scene.A.QueuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Entry = scene.A.Memory.Entry(0, 64) with { LocalKey = scene.A.Memory.LocalKey + 1 },
            RemoteAddress = scene.B.Memory.Address, RemoteKey = scene.B.Memory.RemoteKey,
        });
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Failed(_log.Single("a", "write"), WorkCompletionStatus.LocalProtectionError, "requester");
    }

    [Fact]
    public void APacketThatAStageOfTheSenderDropsIsSeenOnTheSpan()
    {
        var dropping = new FabricHostOptions
        {
            Device = new DeviceOptions
            {
                Traces = new TracingOptions { SampleInterval = 1 },
                Graph = graph => graph.InsertAfter(StageNames.Encode, _ => new DropsOne(), "dropper"),
            },
        };
        using var scene = new FabricScene(host: dropping);
        scene.WriteAll(100);
        var span = _log.Single("a", "write");
        Expect(Assert.Single(span.Events, e => e.Name == SpanEventNames.Drop), SpanEventNames.Drop,
            (A.StageName, "dropper"), (A.DropReason, "injected_fault"));
        // The peer's first acknowledgement is dropped likewise, and that is its own span's to tell.
        SendSpanTests.Expect(span, (A.Retransmissions, 2));
        Assert.Single(_log.Single("b", "process").Events, e => e.Name == SpanEventNames.Drop && Has(e, A.StageName, "dropper"));
        Assert.Contains("stage dropper", _log.Stages(span));
    }

    [Fact]
    public void EventsAreCountedWhereASpanHasNoRoomForThem()
    {
        using var scene = new FabricScene(host: SendSpanTests.All, connect: FabricScene.Options with { RnrRetry = 7 });
        scene.A.Send(8);
        scene.Fabric.Advance(TimeSpan.FromMilliseconds(100));
        scene.B.Receive(8);
        scene.Fabric.RunUntil(() => scene.A.Has(1));

        var span = _log.Single("a", "send");
        Assert.Equal(64, span.Events.Count());
        int sent = (int)span.GetTagItem(A.Retransmissions)!;
        Assert.Equal(2 * sent, 64 + (int)span.GetTagItem(A.DroppedEvents)!);
    }

    private static void Failed(Activity span, WorkCompletionStatus status, string stage)
    {
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        SendSpanTests.Expect(span, (A.ErrorType, ErrorTypes.Name((int)status)), (A.FailureStage, stage),
            (A.FailureCause, FailureWords.OfSend((int)status).Cause), (A.FailureAdvice, FailureWords.OfSend((int)status).Advice));
    }

    private static bool Has(ActivityEvent told, string name, object value) => told.Tags.Any(t => t.Key == name && Equals(t.Value, value));

    private static void Expect(ActivityEvent told, string name, params (string Name, object Value)[] tags)
    {
        Assert.Equal(name, told.Name);
        Assert.All(tags, tag => Assert.True(Has(told, tag.Name, tag.Value),
            $"{tag.Name} is not {tag.Value} in {string.Join(", ", told.Tags)}"));
    }
}
