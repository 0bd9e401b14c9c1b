using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>Laws that hold between metrics whatever happened: nothing is counted twice, nothing is lost between two counters.</summary>
public sealed class ConservationTests
{
    private const int Messages = 100;
    private static readonly (string, object?) Sent = (A.IoDirection, A.Transmit);
    private static readonly (string, object?) Received = (A.IoDirection, A.Receive);

    private static readonly LinkOptions Bad = new() { Loss = 0.03, Duplication = 0.03, Reordering = 0.03, Corruption = 0.03 };

    public static TheoryData<ulong, QueuePairType> Runs
    {
        get
        {
            var runs = new TheoryData<ulong, QueuePairType>();
            for (ulong seed = 1; seed <= 3; seed++)
            {
                runs.Add(seed, QueuePairType.ReliableConnection);
                runs.Add(seed, QueuePairType.UnreliableConnection);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void WhatWentInCameOutOrWasDropped(ulong seed, QueuePairType type)
    {
        using var scene = Play(seed, type);
        foreach (var end in new[] { scene.A, scene.B })
        {
            CheckStages(end.Metrics);
            CheckEdges(end.Metrics);
            CheckQueuePairs(end.Metrics);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void BothEndsAndTheWireAgree(ulong seed, QueuePairType type)
    {
        using var scene = Play(seed, type);
        foreach (var (from, to) in new[] { (scene.A, scene.B), (scene.B, scene.A) })
        {
            var lane = scene.Link.From(from.Host);
            Assert.Equal(from.Metrics.Sum(M.Packets, Sent), from.Metrics.Sum(M.BackendPackets, Sent));
            Assert.Equal(from.Metrics.Sum(M.BackendPackets, Sent), lane.Entered);
            Assert.Equal(lane.Arrived, to.Metrics.Sum(M.BackendPackets, Received));
            // What the back-end took and no queue pair got was dropped in between: a bit that flipped.
            Assert.Equal(
                to.Metrics.Sum(M.BackendPackets, Received) - to.Metrics.Sum(M.Packets, Received),
                to.Metrics.Sum(M.StageDroppedItems, (A.StageName, "decode"))
                    + to.Metrics.Sum(M.StageDroppedItems, (A.StageName, "dispatch")));
        }
    }

    // The names of Soft-RoCE say the same as the metrics, all fifteen of them.
    [Theory]
    [MemberData(nameof(Runs))]
    public void HardwareCountersAgree(ulong seed, QueuePairType type)
    {
        using var scene = Play(seed, type);
        foreach (var end in new[] { scene.A, scene.B })
        {
            var (m, counters) = (end.Metrics, end.Host.Pipeline.HardwareCounters);
            var told = new Dictionary<string, double>
            {
                ["sent_pkts"] = m.Sum(M.Packets, Sent),
                ["rcvd_pkts"] = m.Sum(M.Packets, Received),
                ["duplicate_request"] = m.Sum(M.Duplicates),
                ["out_of_seq_request"] = m.Sum(M.OutOfSequence),
                ["rcvd_rnr_err"] = m.Sum(M.Naks, Received, (A.NakCode, "rnr")),
                ["send_rnr_err"] = m.Sum(M.Naks, Sent, (A.NakCode, "rnr")),
                ["rcvd_seq_err"] = m.Sum(M.Naks, Received, (A.NakCode, "psn_sequence_error")),
                ["ack_deferred"] = m.Sum(M.CompleterDeferrals),
                ["retry_exceeded_err"] = m.Sum(M.RetriesExhausted, (A.RetryKind, "transport")),
                ["retry_rnr_exceeded_err"] = m.Sum(M.RetriesExhausted, (A.RetryKind, "rnr")),
                ["completer_retry_err"] = counters["completer_retry_err"],
                ["send_err"] = m.Sum(M.BackendErrors, Sent),
                ["link_downed"] = m.Sum(M.LinkDowns),
                ["rdma_sends"] = m.Sum(M.Completions, (A.OperationName, "send"), (A.ErrorType, null)),
                ["rdma_recvs"] = m.Sum(M.Completions, (A.OperationName, "receive"), (A.ErrorType, null)),
            };
            Assert.Equal(told.OrderBy(t => t.Key), counters.ToDictionary(c => c.Key, c => (double)c.Value).OrderBy(c => c.Key));
            // A pass of retries may meet the end of what it repeats, but none begins without one of these.
            double causes = m.Sum(M.AckTimeouts) + m.Sum(M.NaksImplied) + m.Sum(M.Naks, Received, (A.NakCode, "psn_sequence_error"));
            Assert.InRange(counters["completer_retry_err"], m.Sum(M.Retransmissions) > m.Sum(M.Retransmissions, Rnr) ? 1 : 0, causes);
        }
    }

    private static (string, object?) Rnr => (A.RetransmitReason, "rnr");

    private static MetricScene Play(ulong seed, QueuePairType type)
    {
        var scene = new MetricScene(type, seed: seed, link: Bad);
        var random = new SplitMix(seed);
        scene.B.TryReceive(8 * MetricScene.Mtu, Messages / 2);
        for (int i = 0; i < Messages; i++)
        {
            var opcode = type != QueuePairType.ReliableConnection || random.Next() % 3 != 0
                ? random.Next() % 2 == 0 ? SendOpcode.Send : SendOpcode.RdmaWrite
                : SendOpcode.RdmaRead;
            scene.A.Post(opcode, (int)(random.Next() % (8 * MetricScene.Mtu)), scene.B);
            scene.Fabric.Advance(TimeSpan.FromMicroseconds(random.Next() % 50));
            // At times there are too few: RNR NAKs, or losses.
            if (i % 3 == 0)
                scene.B.TryReceive(8 * MetricScene.Mtu, 2);
        }

        scene.Fabric.Schedule(TimeSpan.FromMilliseconds(10), () => scene.B.TryReceive(8 * MetricScene.Mtu, Messages));
        scene.Finish(Messages);
        return scene;
    }

    // consumed + created = produced + ended + dropped.
    private static void CheckStages(Collected m)
    {
        foreach (object? name in m.Find(M.StageConsumedItems).Select(s => s.Tags[A.StageName]).Distinct())
        {
            var stage = (A.StageName, name);
            Assert.Equal(
                m.Sum(M.StageConsumedItems, stage) + m.Sum(M.StageCreatedItems, stage),
                m.Sum(M.StageProducedItems, stage) + m.Sum(M.StageEndedItems, stage) + m.Sum(M.StageDroppedItems, stage));
            Assert.Equal(0, m.Sum(M.StageFaults, stage));
        }
    }

    // At rest nothing waits.
    private static void CheckEdges(Collected m)
    {
        Assert.Equal(0, m.Sum(M.StageQueueSize));
        Assert.Equal(m.Sum(M.StageProducedItems), m.Sum(M.StageConsumedItems));
        Assert.Equal(
            m.Sum(M.Packets, Sent),
            m.Sum(M.StageCreatedItems, (A.StageName, "requester")) + m.Sum(M.StageCreatedItems, (A.StageName, "ack_generator")));
        Assert.Equal(
            m.Sum(M.Packets, Received),
            m.Sum(M.StageConsumedItems, (A.StageName, "responder")) + m.Sum(M.StageConsumedItems, (A.StageName, "completer")));
    }

    // Begun = ended, on both sides, and what was sent again is a part of what was sent.
    private static void CheckQueuePairs(Collected m)
    {
        Assert.Equal(m.Sum(M.WorkRequests), m.Sum(M.Completions, (A.CompletionSide, "send")));
        Assert.Equal((0, 0), (m.Sum(M.InflightPackets), m.Sum(M.InflightSize)));
        Assert.True(m.Sum(M.Retransmissions) <= m.Sum(M.Packets, Sent));
        Assert.True(m.Sum(M.Acks, Sent) + m.Sum(M.Naks, Sent) <= m.Sum(M.Packets, Sent));
        Assert.Equal(m.Sum(M.Duplicates), m.Sum(M.StageDroppedItems, (A.StageName, "responder"), (A.DropReason, "duplicate")));
        Assert.Equal(m.Sum(M.Naks, Received), m.Sum(M.Naks, Received, (A.NakCode, "rnr"))
            + m.Sum(M.Naks, Received, (A.NakCode, "psn_sequence_error")));
    }
}
