using RdmaPipeline.ConformanceTests.Device.Faults;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The table of verbs.md section 6.2, what each state permits, for each type of queue pair through the whole pipeline.</summary>
[Collection(DeviceCollection.Name)]
public class StateTableTests
{
    private const ulong ReceiveId = StateScene.ReceiveId;
    private const ulong SendId = StateScene.SendId;
    private const ulong PeerId = StateScene.PeerId;

    private static readonly QueuePairType[] Types =
    [
        QueuePairType.ReliableConnection, QueuePairType.UnreliableConnection, QueuePairType.UnreliableDatagram, QueuePairType.Gsi,
        QueuePairType.XrcInitiator, QueuePairType.XrcTarget,
    ];

    // The columns "post_recv", "process received requests", "post_send" of the table.
    private static readonly (QueuePairState State, Posting Receive, bool Takes, Posting Send)[] Table =
    [
        (QueuePairState.Reset, Posting.Refused, false, Posting.Refused),
        (QueuePairState.Init, Posting.Accepted, false, Posting.Refused),
        (QueuePairState.ReadyToReceive, Posting.Accepted, true, Posting.Refused),
        (QueuePairState.ReadyToSend, Posting.Accepted, true, Posting.Accepted),
        (QueuePairState.SendQueueDrained, Posting.Accepted, true, Posting.Held),
        (QueuePairState.SendQueueError, Posting.Accepted, true, Posting.Flushed),
        (QueuePairState.Error, Posting.Flushed, false, Posting.Flushed),
    ];

    private enum Posting
    {
        Refused,
        Accepted,
        Held,
        Flushed,
    }

    public static TheoryData<DeviceSetup, QueuePairType, QueuePairState> Cells
    {
        get
        {
            var cells = new TheoryData<DeviceSetup, QueuePairType, QueuePairState>();
            foreach (var setup in DeviceSetup.EveryPreset)
            {
                foreach (var type in Types)
                {
                    // R-REQ-51: a reliable service has no SQE.
                    foreach (var (state, _, _, _) in Table)
                    {
                        if (!StateScene.IsReliable(type) || state != QueuePairState.SendQueueError)
                            cells.Add(setup, type, state);
                    }
                }
            }
            return cells;
        }
    }

    // Of XRC one half only sends, and the other only takes requests, with receives that a queue of no state holds (R-REQ-59, R-RESP-42).
    [Theory] // R-VERB-13, R-RESP-49, R-REQ-49, R-REQ-51, R-CQ-19
    [MemberData(nameof(Cells))]
    public void AStatePermitsWhatTheTableSays(DeviceSetup setup, QueuePairType type, QueuePairState state)
    {
        var (_, receive, takes, send) = Table.Single(row => row.State == state);
        using var scene = new StateScene(setup, type);
        scene.Enter(state);
        Assert.Equal(state, scene.Subject.State);
        ReceivesArePosted(scene, scene.IsXrc ? Posting.Refused : receive);
        if (type != QueuePairType.XrcInitiator)
            RequestsAreTaken(scene, takes);
        SendsArePosted(scene, type == QueuePairType.XrcTarget ? Posting.Refused : send);
        Assert.Equal(0, scene.Pair.QueueA.Count);
    }

    // R-REQ-49, R-REQ-52, R-REQ-53: the column "finish outstanding sends".
    [Theory]
    [InlineData(QueuePairState.ReadyToSend, WorkCompletionStatus.Success)]
    [InlineData(QueuePairState.SendQueueDrained, WorkCompletionStatus.Success)]
    [InlineData(QueuePairState.Error, WorkCompletionStatus.WorkRequestFlushedError)]
    [InlineData(QueuePairState.Reset, null)]
    public void WhatIsOutstandingEndsAsTheStateSays(QueuePairState state, WorkCompletionStatus? status)
    {
        foreach (var setup in DeviceSetup.EveryPreset)
        {
            WhatIsOutstandingEnds(setup, QueuePairType.ReliableConnection, state, status);
            WhatIsOutstandingEnds(setup, QueuePairType.XrcInitiator, state, status);
        }
    }

    private static void WhatIsOutstandingEnds(
        DeviceSetup setup, QueuePairType type, QueuePairState state, WorkCompletionStatus? status)
    {
        using var scene = new StateScene(setup, type);
        scene.Enter(QueuePairState.ReadyToSend);
        scene.Requests.Touch = Bytes.Lose;
        scene.Subject.PostSend(
            scene.Request(scene.Peer) with { Opcode = SendOpcode.RdmaWrite, Entry = default, WorkRequestId = SendId });
        scene.Pair.Until(() => scene.Requests.Seen.Count > 0, "the request is out");
        if (state != QueuePairState.ReadyToSend)
            scene.Subject.Modify(new QueuePairAttributes { State = state });
        scene.Requests.Touch = null;
        scene.AskBystanders();
        if (status is { } expected)
            Expect(scene.Pair.Next(scene.Pair.QueueA), SendId, expected);
        Assert.Equal((state, 0), (scene.Subject.State, scene.Pair.QueueA.Count));
    }

    private static void ReceivesArePosted(StateScene scene, Posting verdict)
    {
        var receive = new ReceiveWorkRequest { WorkRequestId = ReceiveId, Entry = scene.MemoryA.Entry() };
        if (verdict == Posting.Refused)
        {
            Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => scene.Subject.PostReceive(receive)).Errno);
            return;
        }
        scene.Subject.PostReceive(receive);
        if (verdict == Posting.Flushed)
            Expect(scene.Pair.Next(scene.Pair.QueueA), ReceiveId, WorkCompletionStatus.WorkRequestFlushedError);
    }

    private static void RequestsAreTaken(StateScene scene, bool takes)
    {
        scene.Peer.PostSend(scene.Request(scene.Subject) with { WorkRequestId = PeerId });
        bool isHeard = takes || !StateScene.IsReliable(scene.Type);
        var expected = isHeard ? WorkCompletionStatus.Success : WorkCompletionStatus.RetryExceededError;
        Expect(scene.Pair.Next(scene.Pair.QueueB), PeerId, expected);
        if (takes)
            Expect(scene.Pair.Next(scene.Pair.QueueA), ReceiveId, WorkCompletionStatus.Success);
        else
            scene.Pair.Until(() => DevicePair.Drops(scene.Pair.A, DropReason.QpState) > 0, "the request is dropped");
    }

    private static void SendsArePosted(StateScene scene, Posting verdict)
    {
        var send = scene.Request(scene.Peer) with { WorkRequestId = SendId };
        if (verdict == Posting.Refused)
        {
            Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => scene.Subject.PostSend(send)).Errno);
            return;
        }
        scene.Subject.PostSend(send);
        if (verdict == Posting.Held)
        {
            scene.AskBystanders();
            Assert.Equal(0, scene.Pair.QueueA.Count);
            Assert.DoesNotContain(scene.Requests.Seen, packet => IsRequestTo(packet, scene.Peer));
            scene.Subject.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend });
        }
        Expect(scene.Pair.Next(scene.Pair.QueueA), SendId,
            verdict == Posting.Flushed ? WorkCompletionStatus.WorkRequestFlushedError : WorkCompletionStatus.Success);
        scene.AskBystanders();
        bool arrived = scene.Requests.Seen.Any(packet => IsRequestTo(packet, scene.Peer));
        Assert.Equal(verdict != Posting.Flushed, arrived);
    }

    private static bool IsRequestTo(WirePacket packet, QueuePair queuePair) =>
        packet.To == queuePair.Number && !OpcodeTraits.Of(packet.Opcode).IsResponse;

    private static void Expect(WorkCompletion completion, ulong id, WorkCompletionStatus status) =>
        Assert.Equal((id, status), (completion.WorkRequestId, completion.Status));
}
