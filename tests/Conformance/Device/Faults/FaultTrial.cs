using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>Plays one row of the fault matrix and holds what comes of it against the verdict.</summary>
internal sealed class FaultTrial(FaultScene scene)
{
    private const ulong FaultyId = 2;
    private const ulong LateSend = 10;
    private const ulong Afterwards = 11;
    private const ulong FirstReceive = 100;
    private const int ReceivesOfRequester = 2;
    private const ulong LateReceive = 110;
    private const WorkCompletionStatus Success = WorkCompletionStatus.Success;
    private const WorkCompletionStatus Flushed = WorkCompletionStatus.WorkRequestFlushedError;

    private FaultRow Row => scene.Row;

    private FaultVerdict Verdict => scene.Row.Verdict;

    private bool IsReliable => Row.Type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator;

    private bool HasGood => Row.Company == FaultCompany.BeforeAndBehind;

    private uint FaultyPsn => Psn(scene.A.InitialPsn + (HasGood ? 1u : 0) + BetweenPsns + Row.FaultyPacket);

    private uint BetweenPsns { get; set; }

    public void Run()
    {
        PostReceives();
        Row.Before(scene);
        Post();
        if (Row.Meanwhile is { } meanwhile)
            Interrupt(meanwhile);
        JudgeSends();
        JudgeReceives();
        AskBystanders();
        JudgeAnswers();
        JudgeEvents();
        JudgeMemory();
        ExpectNothingMore();
        Recover();
        ExpectNothingMore();
    }

    private void PostReceives()
    {
        for (int i = 0; i < Row.Receives; i++)
        {
            var entry = i == 0 && Row.Receive is { } special ? special(scene) : scene.Sink.Entry();
            scene.PostReceive(new ReceiveWorkRequest { WorkRequestId = FirstReceive + (ulong)i, Entry = entry });
        }
        for (int i = 0; i < ReceivesOfRequester && !Row.IsXrc; i++)
            scene.A.PostReceive(new ReceiveWorkRequest { WorkRequestId = FirstReceive + (ulong)i });
    }

    // All at once, so that what is behind the faulty one is outstanding when the fault is found.
    private void Post()
    {
        var good = scene.Good();
        var requests = new List<SendWorkRequest>();
        if (HasGood)
            requests.Add(good with { WorkRequestId = 0 });
        if (Row.Between is { } between)
        {
            requests.Add(between(scene) with { WorkRequestId = 1 });
            BetweenPsns = (requests[^1].Entry.Length + Mtu - 1) / Mtu;
        }
        requests.Add(Row.Faulty(scene) with { WorkRequestId = FaultyId });
        if (Row.Company != FaultCompany.None)
        {
            requests.Add(good with { WorkRequestId = FaultyId + 1, Flags = SendFlags.None });
            requests.Add(good with { WorkRequestId = FaultyId + 2 });
        }
        TouchTheWire();
        scene.A.PostSend([.. requests]);
    }

    private uint Mtu => (uint)(Row.Requester.PathMtu ?? scene.Pair.A.QueryPort().ActiveMtu).ToBytes();

    private void TouchTheWire()
    {
        uint faulty = FaultyPsn;
        var (a, b) = (scene.A.Number, scene.Target);
        if (Row.Meanwhile is not null)
            scene.Requests.Touch = packet => Bytes.DestinationOf(packet) != b || Before(Bytes.PsnOf(packet), faulty);
        if (Row.OnRequest is { } onRequest)
            scene.Requests.Touch = packet => Bytes.DestinationOf(packet) != b || Bytes.PsnOf(packet) != faulty || onRequest(packet);
        if (Row.OnResponse is { } onResponse)
            scene.Responses.Touch = packet => Bytes.DestinationOf(packet) != a || Before(Bytes.PsnOf(packet), faulty) || onResponse(packet);
        if (Row.OnDeparture is { } onDeparture)
            scene.Departures.Touch = packet => Bytes.DestinationOf(packet) != b || onDeparture(packet);
    }

    private void Interrupt(Action<FaultScene> meanwhile)
    {
        scene.Pair.Until(() => Transmissions > 0, "the faulty packet is sent");
        meanwhile(scene);
        scene.Requests.Touch = null;
    }

    private int Transmissions => scene.Requests.Seen.Count(packet => packet.To == scene.Target && packet.Psn == FaultyPsn);

    // Statuses, order, and that the rest is flushed or goes on (R-CQ-16, R-CQ-17, R-REQ-46, R-REQ-47).
    private void JudgeSends()
    {
        var pair = scene.Pair;
        if (HasGood)
            Expect(scene.SendsA, scene.A, 0, Success);
        if (Row.Between is not null)
            Expect(scene.SendsA, scene.A, 1, Success);
        Expect(scene.SendsA, scene.A, FaultyId, Verdict.Status);
        bool stays = Verdict.Requester == QueuePairState.ReadyToSend;
        if (Row.Company != FaultCompany.None)
        {
            var behind = Verdict.Behind ?? (stays ? Success : Flushed);
            // Unsignaled: told of only when it fails.
            if (behind != Success)
                Expect(scene.SendsA, scene.A, FaultyId + 1, behind);
            Expect(scene.SendsA, scene.A, FaultyId + 2, behind == Success ? Success : Flushed);
        }
        pair.Until(() => scene.A.State == Verdict.Requester, $"the requester in {Verdict.Requester}, is in {scene.A.State}");
        if (stays)
            return;
        // R-CQ-19
        scene.A.PostSend(scene.Good() with { WorkRequestId = LateSend });
        Expect(scene.SendsA, scene.A, LateSend, Flushed);
    }

    private void JudgeReceives()
    {
        if (Verdict.Requester == QueuePairState.Error && !Row.IsXrc)
            ExpectFlushed(scene.ReceivesA, scene.A, FirstReceive, ReceivesOfRequester);
        scene.Pair.Until(() => scene.B.State == Verdict.Responder, $"the responder in {Verdict.Responder}, is in {scene.B.State}");
        if (Verdict.Receive is { } status)
            Expect(scene.ReceivesB, scene.B, FirstReceive, status);
        if (Verdict.Responder != QueuePairState.Error)
            return;
        if (scene.Shared is { } shared)
            ExpectKept(shared);
        else
            ExpectFlushed(scene.ReceivesB, scene.B, FirstReceive + Completed, Row.Receives - (int)Completed);
    }

    /// <summary>Receives of the responder that complete because of the faulty request.</summary>
    private ulong Completed => Verdict.Receive is null ? 0u : 1;

    // R-CQ-20, R-RESP-40: what no message had taken is there for other queue pairs; that nothing completes is looked at in the end.
    private void ExpectKept(SharedReceiveQueue shared)
    {
        Assert.Equal(Row.Receives - (int)Completed, shared.Count);
        shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = LateReceive });
    }

    private void ExpectFlushed(CompletionQueue queue, QueuePair queuePair, ulong first, int count)
    {
        for (int i = 0; i < count; i++)
            Expect(queue, queuePair, first + (ulong)i, Flushed);
        queuePair.PostReceive(new ReceiveWorkRequest { WorkRequestId = LateReceive });
        Expect(queue, queuePair, LateReceive, Flushed);
    }

    // What was on the way when the last completion came is past when two messages, one each way, have come behind it.
    private void AskBystanders()
    {
        var (a, b) = scene.Bystanders;
        var (left, right) = (scene.Pair.QueueA, scene.Pair.QueueB);
        foreach (var (from, to, sent, received) in new[] { (a, b, left, right), (b, a, right, left) })
        {
            to.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1 });
            from.PostSend(new SendWorkRequest { WorkRequestId = 2, Opcode = SendOpcode.Send });
            scene.Pair.NextSuccess(received, 1);
            scene.Pair.NextSuccess(sent, 2);
        }
    }

    // responder.md section 10: what went over the wire, and that nothing came behind a last word (R-RESP-35).
    private void JudgeAnswers()
    {
        var answers = scene.Responses.Seen.Where(packet => packet.To == scene.A.Number).ToList();
        var refusals = answers.Where(packet => packet.Refusal is not null).ToList();
        Assert.Equal(Verdict.Answer, string.Join(' ', refusals.Select(packet => packet.Refusal)));
        if (!IsReliable)
            Assert.Empty(answers);
        if (Verdict.Responder == QueuePairState.Error && refusals.Count > 0)
            Assert.Equal((answers[^1], FaultyPsn), (refusals[^1], refusals[^1].Psn));
        if (Row.Transmissions is { } expected)
            Assert.Equal(expected, Transmissions);
        if (Verdict.Drop is { } reason)
            Assert.NotEqual(0, DevicePair.Drops(scene.Pair.B, reason));
    }

    private void JudgeEvents()
    {
        Assert.Empty(EventsOf(scene.Pair.A));
        var expected = new List<AsyncEvent>();
        if (Verdict.QueueEvent is { } ofQueue)
            expected.Add(new AsyncEvent(ofQueue, null, null, 0) { SharedReceiveQueue = scene.Shared });
        if (Verdict.Event is { } type)
            expected.Add(new AsyncEvent(type, scene.B, null, 0));
        // R-RESP-40
        if (Row.IsShared && Verdict.Responder == QueuePairState.Error)
            expected.Add(new AsyncEvent(AsyncEventType.LastWorkRequestReached, scene.B, null, 0));
        Assert.Equal(expected, EventsOf(scene.Pair.B));
    }

    // The scene itself has changed the P_Key tables.
    private static List<AsyncEvent> EventsOf(RdmaDevice device)
    {
        var events = new List<AsyncEvent>();
        while (device.AsyncEvents.TryRead(out var happened))
        {
            if (happened.Type != AsyncEventType.PkeyChange)
                events.Add(happened);
        }
        return events;
    }

    private void JudgeMemory()
    {
        if (HasGood && !scene.IsDatagram)
            Assert.Equal(-1, scene.Remote.AsSpan(0, FaultScene.Size).IndexOfAnyExcept((byte)1));
        if (Row.Places)
            return;
        var rest = scene.Remote.AsSpan(FaultScene.Size, (int)scene.Remote.Length - FaultScene.Size);
        Assert.Equal(-1, rest.IndexOfAnyExcept(FaultScene.Untouched));
    }

    // A fault that is no end costs only what it hit: the next message arrives, in the receive that the faulty one did not get.
    private void Recover()
    {
        if (Verdict.Requester == QueuePairState.Error || Verdict.Responder == QueuePairState.Error || Row.Lasts || Row.Receives == 0)
            return;
        if (scene.A.State == QueuePairState.SendQueueError)
            scene.A.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend });
        scene.A.PostSend(scene.Send() with { WorkRequestId = Afterwards });
        Expect(scene.SendsA, scene.A, Afterwards, Success);
        Expect(scene.ReceivesB, scene.B, FirstReceive + Completed, Success);
    }

    private void Expect(CompletionQueue queue, QueuePair queuePair, ulong id, WorkCompletionStatus status)
    {
        var completion = scene.Pair.Next(queue);
        Assert.Equal((id, status, queuePair.Number), (completion.WorkRequestId, completion.Status, completion.QueuePairNumber));
    }

    private void ExpectNothingMore() =>
        Assert.Equal((0, 0, 0), (scene.SendsA.Count, scene.ReceivesA.Count, scene.ReceivesB.Count));

    private static bool Before(uint psn, uint bound) => Psn(psn - bound) >= 1 << 23;

    private static uint Psn(uint value) => value & 0xFFFFFF;
}
