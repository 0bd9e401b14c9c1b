using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>
/// Receives from a shared receive queue, and XRC: the rows of the other services once more, and what only these can meet.
/// </content>
internal static partial class FaultMatrix
{
    private const uint UnknownQueue = 0xFFFFFF;

    // All in which the responder has a say; where it receives is nothing to the requester. General services have receives of their own.
    private static IEnumerable<FaultRow> OverSharedReceives =>
        ((FaultRow[])[.. RemoteMemory, .. Requests, .. Receives, .. Silence, .. Windows, .. UnreliableConnections, .. Datagrams])
            .Where(row => row.Type != QueuePairType.Gsi).Select(row => Shared(row) with { IsRepetition = true });

    // XRC has no ATOMIC WRITE and no FLUSH.
    private static IEnumerable<FaultRow> OverXrc =>
        ((FaultRow[])[.. RemoteMemory, .. Requests, .. Receives, .. LocalMemory, .. Silence, .. Responses, .. Windows])
            .Where(row => row.Type == QueuePairType.ReliableConnection).Select(row => Xrc(row) with { IsRepetition = true });

    private static IEnumerable<FaultRow> SharedQueues => Queues.SelectMany(row => (FaultRow[])[Shared(row), Xrc(row)]);

    // R-RESP-38 to R-RESP-41, R-CQ-20: the state of the queue, and that a queue pair that ends lets go of one receive at most.
    private static FaultRow[] Queues =>
    [
        Rc("SEND that takes a receive below the limit", Taken with { QueueEvent = AsyncEventType.SharedReceiveQueueLimitReached },
            s => s.Send()) with { Before = s => s.Shared!.Modify(new() { Limit = 3 }) },
        Rc("SEND that takes a receive above the limit", Taken, s => s.Send())
            with { Before = s => s.Shared!.Modify(new() { Limit = 2 }) },
        Rc("SEND that is longer than a receive below the limit",
                TooLong with { QueueEvent = AsyncEventType.SharedReceiveQueueLimitReached }, s => s.Send())
            with { Receive = s => s.Sink.Entry(0, FaultScene.Size - 1), Before = s => s.Shared!.Modify(new() { Limit = 3 }) },
        Rc("SEND to a queue that has failed", QueueFailed, s => s.Send())
            with { Before = Fail, Requester = RnrRetry(1), Responder = QuickRnr, Transmissions = 2 },
        Rc("WRITE with immediate to a queue that has failed", QueueFailed, s => Immediate(s.Write()))
            with { Before = Fail, Requester = RnrRetry(1), Responder = QuickRnr, Transmissions = 2 },
        Rc("responder that enters ERR inside a SEND", NoAnswer with { Receive = Flushed, Responder = QueuePairState.Error },
                s => s.Send(600))
            with
            {
                Meanwhile = s => EnterInside(s, QueuePairState.Error), Requester = Waiting, Responder = Mtu256, FaultyPacket = 1,
                Company = FaultCompany.Behind,
            },
        Rc("responder that is reset inside a SEND", NoAnswer with { Responder = QueuePairState.Reset }, s => s.Send(600))
            with
            {
                Meanwhile = s => EnterInside(s, QueuePairState.Reset), Requester = Waiting, Responder = Mtu256, FaultyPacket = 1,
                Company = FaultCompany.Behind,
            },
    ];

    // R-RESP-42, R-REQ-59, R-WIRE-14: which queue the XRCETH names, and what XRC is not.
    private static FaultRow[] NamedQueues =>
    [
        .. Named("that is unknown", _ => UnknownQueue),
        .. Named("of another domain", s => s.CreateShared(s.Pair.B.OpenXrcDomain()).Number),
        .. Named("that is a basic one", s => s.CreateShared(null).Context.Number),
        .. Named("that is no more", s => s.GoneQueue()),
        Xrc(Rc("LAST that names another queue", InvalidWithReceive with { Drop = DropReason.BadHeader }, s => s.Send(600))) with
        {
            Requester = Mtu256, Responder = Mtu256, FaultyPacket = 2, OnRequest = Bytes.SharedReceiveQueue(UnknownQueue),
        },
        Xrc(Rc("FLUSH on the wire", InvalidRequest, s => s.Write())) with { OnRequest = Bytes.As(Opcode.RcFlush) },
        Xrc(Rc("ATOMIC WRITE on the wire", InvalidRequest, s => s.Write())) with { OnRequest = Bytes.As(Opcode.RcAtomicWrite) },
        Xrc(Unanswered("request of RC", NoAnswer with { Drop = DropReason.BadTransport }))
            with { OnRequest = Bytes.Of(TransportService.ReliableConnection), Company = FaultCompany.None },
        Xrc(Unanswered("answer of RC", NoAnswer)) with { OnResponse = Bytes.Of(TransportService.ReliableConnection), Places = true },
        Shared(Unanswered("request of XRC", NoAnswer with { Drop = DropReason.BadTransport }))
            with { OnRequest = Bytes.Of(TransportService.ExtendedReliableConnection), Company = FaultCompany.None },
    ];

    private static FaultVerdict Taken => new(WorkCompletionStatus.Success, "") { Receive = WorkCompletionStatus.Success };

    private static FaultVerdict QueueFailed => NotReady("RNR RNR") with { QueueEvent = AsyncEventType.SharedReceiveQueueError };

    private static WorkCompletionStatus Flushed => WorkCompletionStatus.WorkRequestFlushedError;

    private static ConnectOptions Waiting => Mtu256 with { Timeout = 14, RetryCount = 1 };

    private static FaultRow Shared(FaultRow row) =>
        row with { Cause = row.Cause.Insert(2, "/SRQ"), IsShared = true, Verdict = OfSharedQueue(row.Verdict) };

    private static FaultRow Xrc(FaultRow row) => row with
    {
        Cause = $"X{row.Cause}", Type = QueuePairType.XrcInitiator, IsShared = true, Verdict = OfSharedQueue(row.Verdict),
    };

    private static FaultVerdict OfSharedQueue(FaultVerdict verdict) =>
        verdict.Drop == DropReason.NoReceiveBuffer ? verdict with { Drop = DropReason.SrqEmpty } : verdict;

    // For every kind of request: it is asked which queue is meant before anything else.
    private static IEnumerable<FaultRow> Named(string which, Func<FaultScene, uint> queue)
    {
        (string Operation, Func<FaultScene, SendWorkRequest> Make)[] requests =
        [
            ("SEND", s => s.Send()), ("WRITE", s => s.Write()), ("WRITE with immediate", s => Immediate(s.Write())),
            ("READ", s => s.Read()), ("FETCH_ADD", s => s.FetchAdd()),
        ];
        return requests.Select(request => Xrc(Rc($"{request.Operation} to a queue {which}",
            InvalidRequest with { Drop = DropReason.BadHeader }, s => request.Make(s) with { RemoteSharedReceiveQueue = queue(s) })));
    }

    private static void Fail(FaultScene scene) => scene.Shared!.Context.Fail();

    // A packet on its own way may still be behind the tap when the state changes: the message has begun when its receive is gone.
    private static void EnterInside(FaultScene scene, QueuePairState state)
    {
        scene.Pair.Until(() => scene.Shared!.Count < scene.Row.Receives, "the message has its receive");
        Enter(scene.B, state);
    }
}
