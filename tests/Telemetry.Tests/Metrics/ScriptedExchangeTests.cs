using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>Exchanges of which every packet is known: the metrics of both sides have exactly these values.</summary>
public sealed class ScriptedExchangeTests
{
    private const int Length = 10 * MetricScene.Mtu;
    private static readonly (string, object?) Sent = (A.IoDirection, A.Transmit);
    private static readonly (string, object?) Received = (A.IoDirection, A.Receive);
    private static readonly (string, object?) Write = (A.OperationName, OperationNames.Write);
    private static readonly (string, object?) Reliable = (A.Transport, "rc");

    [Fact]
    public void AWriteIsCountedOnceAtEachOfItsPlaces()
    {
        using var scene = new MetricScene();
        scene.Run(SendOpcode.RdmaWrite, Length);
        var (a, b) = (scene.A.Metrics, scene.B.Metrics);
        Assert.Equal(1, a.Sum(M.WorkRequests, Write, Reliable));
        Assert.Equal(1, a.Sum(M.Completions, Write, Reliable, (A.CompletionSide, "send")));
        Assert.Equal((10, Length), (a.Sum(M.Packets, Sent), a.Sum(M.Io, Sent)));
        Assert.Equal((10, Length), (b.Sum(M.Packets, Received), b.Sum(M.Io, Received)));
        Assert.Equal((1, 1), (b.Sum(M.Requests), b.Sum(M.Requests, Write, Reliable)));
        double acks = b.Sum(M.Acks, Sent);
        Assert.True(acks >= 1);
        Assert.Equal((acks, acks), (b.Sum(M.Packets, Sent), a.Sum(M.Packets, Received)));
        Assert.Equal((acks, 0), (a.Sum(M.Acks, Received), a.Sum(M.Io, Received)));
        Assert.Equal(0, a.Sum(M.Retransmissions) + a.Sum(M.Naks) + b.Sum(M.Naks) + b.Sum(M.Duplicates) + b.Sum(M.OutOfSequence));
        Assert.Equal((0, 0), (a.Sum(M.InflightPackets), a.Sum(M.InflightSize)));
    }

    // Virtual time: nothing takes any but the link, and both ways are the same.
    [Fact]
    public void DurationsAreThoseOfTheLink()
    {
        using var scene = new MetricScene();
        var begun = scene.Fabric.Now;
        scene.A.Post(SendOpcode.RdmaWrite, 64, scene.B);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        double passed = (scene.Fabric.Now - begun).TotalSeconds;
        double took = Assert.Single(scene.A.Metrics.Recorded(M.WorkRequestDuration, Write, Reliable));
        Assert.Equal(passed, took, 1e-7);
        Assert.True(took >= 2 * LinkOptions.Perfect.Latency.TotalSeconds);
        Assert.Equal(took, Assert.Single(scene.A.Metrics.Recorded(M.AckRtt, Reliable)), 1e-7);
        Assert.Single(scene.B.Metrics.Recorded(M.AckDelay, Reliable));
        Assert.Empty(scene.B.Metrics.Recorded(M.WorkRequestDuration));
    }

    [Fact]
    public void OfManyWorkRequestsTheFirstOfASampleIsMeasured()
    {
        using var scene = new MetricScene();
        for (int i = 1; i <= 2 * StageMeter.SampleInterval; i++)
        {
            scene.A.Post(SendOpcode.RdmaWrite, 8, scene.B);
            scene.Fabric.RunUntil(() => scene.A.Has(i));
        }

        Assert.Equal(2, scene.A.Metrics.Recorded(M.WorkRequestDuration).Count);
        scene.Collect();
        Assert.Equal(2 * StageMeter.SampleInterval, scene.A.Metrics.Sum(M.WorkRequests));
    }

    // R-REQ-40.
    [Fact]
    public void WhatATimeoutHasSentAgainIsCountedForIt()
    {
        using var scene = new MetricScene();
        scene.Fabric.Faults.When(p => p.From(scene.A.Host).Opcode(Opcode.RcWriteOnly).Nth(1)).Drop();
        scene.Run(SendOpcode.RdmaWrite, 100);
        var a = scene.A.Metrics;
        Assert.Equal((1, 1), (a.Sum(M.AckTimeouts, Reliable), a.Sum(M.Retransmissions, (A.RetransmitReason, "timeout"))));
        Assert.Equal((1, 2, 200), (a.Sum(M.Retransmissions), a.Sum(M.Packets, Sent), a.Sum(M.Io, Sent)));
        Assert.Equal(1, scene.B.Metrics.Sum(M.Packets, Received));
        // Karn: nobody knows which of the two was acknowledged.
        Assert.Empty(a.Recorded(M.AckRtt));
        Assert.True(Assert.Single(a.Recorded(M.WorkRequestDuration)) > 0.067);
    }

    // R-RESP-2, R-REQ-33.
    [Fact]
    public void AGapIsANakAndWhatFollowsIsSentAgain()
    {
        using var scene = new MetricScene();
        scene.Fabric.Faults.When(p => p.From(scene.A.Host).Psn(MetricScene.FirstPsn + 3).First(1)).Drop();
        scene.Run(SendOpcode.RdmaWrite, Length);
        var (a, b) = (scene.A.Metrics, scene.B.Metrics);
        var sequence = (A.NakCode, (object?)"psn_sequence_error");
        Assert.Equal((1, 1), (b.Sum(M.Naks, sequence, Sent), a.Sum(M.Naks, sequence, Received)));
        double again = scene.Link.From(scene.A.Host).Entered - 10;
        Assert.True(again >= 1);
        Assert.Equal((again, again), (a.Sum(M.Retransmissions), a.Sum(M.Retransmissions, (A.RetransmitReason, "nak_sequence"))));
        // Everything sent behind the gap came twice; the first time it was out of sequence.
        Assert.Equal(again - 1, b.Sum(M.OutOfSequence, Reliable));
        Assert.Equal(b.Sum(M.OutOfSequence), b.Sum(M.StageDroppedItems, (A.DropReason, "out_of_sequence")));
        Assert.Equal(0, a.Sum(M.AckTimeouts));
    }

    // R-RESP-16, R-REQ-42. Code 12 is 0.64 ms; the time is counted for the requester stage.
    [Fact]
    public void AReceiverThatIsNotReadyIsWaitedFor()
    {
        using var scene = new MetricScene();
        scene.A.Post(SendOpcode.Send, 100, scene.B);
        scene.Fabric.RunUntil(() => scene.A.Metrics.Collect().Sum(M.Naks, (A.NakCode, "rnr"), Received) == 1);
        scene.B.Receive(100);
        scene.Finish(1);
        var (a, b) = (scene.A.Metrics, scene.B.Metrics);
        Assert.Equal((1, 1), (b.Sum(M.ReceiveBuffersMissing, (A.QueueKind, "rq"), Reliable), b.Sum(M.ReceiveBuffersMissing)));
        Assert.Equal((1, 1), (b.Sum(M.Naks, (A.NakCode, "rnr"), Sent), a.Sum(M.Retransmissions, (A.RetransmitReason, "rnr"))));
        var waited = a.Sum(M.StageBlockedTime, (A.StageName, "requester"), (A.BlockedReason, "rnr_timer"));
        Assert.Equal(0.64e-3, waited, 0.02e-3);
        Assert.Equal((1, 0), (b.Sum(M.Completions, (A.OperationName, "receive"), (A.CompletionSide, "receive")), a.Sum(M.AckTimeouts)));
    }

    [Fact]
    public void DuplicatesAreCountedAndNotExecuted()
    {
        using var scene = new MetricScene();
        scene.Fabric.Faults.When(p => p.Opcode(Opcode.RcWriteOnly)).Duplicate(copies: 3);
        scene.Run(SendOpcode.RdmaWrite, 100);
        var b = scene.B.Metrics;
        Assert.Equal((4, 1, 3), (b.Sum(M.Packets, Received), b.Sum(M.Requests), b.Sum(M.Duplicates, Reliable)));
        Assert.Equal(3, b.Sum(M.StageDroppedItems, (A.DropReason, "duplicate"), (A.DropIntentional, false)));
        Assert.Equal(scene.A.Metrics.Sum(M.Acks, Received), b.Sum(M.Acks, Sent));
    }

    [Fact]
    public void ABrokenChecksumIsADropOfThisReason()
    {
        using var scene = new MetricScene();
        scene.Fabric.Faults.When(p => p.From(scene.A.Host).Opcode(Opcode.RcWriteOnly).Nth(1)).Corrupt();
        scene.Run(SendOpcode.RdmaWrite, 100);
        var b = scene.B.Metrics;
        Assert.Equal(1, b.Sum(M.StageDroppedItems, (A.DropReason, "icrc_mismatch")));
        Assert.Equal(1, b.Find(M.StageDroppedItems).Sum(s => s.Value));
        // What the stage dropped never came to a queue pair.
        Assert.Equal((1, 2), (b.Sum(M.Packets, Received), b.Sum(M.BackendPackets, Received)));
    }

    // R-RESP-10: NAK 2 and ERR on both sides.
    [Fact]
    public void AForbiddenAccessIsAnErrorWithItsName()
    {
        using var scene = new MetricScene();
        scene.Run(SendOpcode.RdmaWrite, 100, key: 0x1234_5678);
        var (a, b) = (scene.A.Metrics, scene.B.Metrics);
        var code = (A.NakCode, (object?)"remote_access");
        Assert.Equal(1, b.Sum(M.MemoryAccessErrors, (A.ErrorType, "remote_access"), Reliable));
        Assert.Equal((1, 1), (b.Sum(M.Naks, code, Sent), a.Sum(M.Naks, code, Received)));
        Assert.Equal((1, 1), (a.Sum(M.Completions), a.Sum(M.Completions, Write, (A.ErrorType, "remote_access_error"))));
        Assert.Equal((1, 1), (a.Sum(M.QpCount, (A.QueuePairState, "error"), Reliable), b.Sum(M.QpCount, (A.QueuePairState, "error"))));
        Assert.Single(a.Recorded(M.WorkRequestDuration, (A.ErrorType, "remote_access_error")));
    }

    [Fact]
    public void ADeadPeerExhaustsTheRetries()
    {
        using var scene = new MetricScene();
        scene.Fabric.Faults.When(p => p.From(scene.A.Host)).Drop();
        scene.Run(SendOpcode.RdmaWrite, 100);
        var a = scene.A.Metrics;
        Assert.Equal((1, 0), (a.Sum(M.RetriesExhausted, (A.RetryKind, "transport")), a.Sum(M.RetriesExhausted, (A.RetryKind, "rnr"))));
        Assert.Equal((4, 3), (a.Sum(M.AckTimeouts), a.Sum(M.Retransmissions, (A.RetransmitReason, "timeout"))));
        Assert.Equal(1, a.Sum(M.Completions, (A.ErrorType, "retry_exceeded_error")));
    }

    [Fact]
    public void EveryOperationHasItsName()
    {
        using var scene = new MetricScene();
        scene.B.Receive(100);
        (SendOpcode Opcode, string Name)[] all =
        [
            (SendOpcode.RdmaWrite, "write"), (SendOpcode.Send, "send"), (SendOpcode.RdmaRead, "read"),
            (SendOpcode.CompareAndSwap, "compare_and_swap"), (SendOpcode.FetchAndAdd, "fetch_and_add"),
        ];
        for (int i = 0; i < all.Length; i++)
            scene.Run(all[i].Opcode, 8, completions: i + 1);
        Assert.All(all, operation =>
        {
            var name = (A.OperationName, (object?)operation.Name);
            Assert.Equal((1, 1), (scene.A.Metrics.Sum(M.WorkRequests, name), scene.A.Metrics.Sum(M.Completions, name)));
            Assert.Equal(1, scene.B.Metrics.Sum(M.Requests, name));
        });
        // The answer to the READ carries its data back.
        Assert.Equal(8, scene.A.Metrics.Sum(M.Io, Received));
    }
}
