using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>
/// The fault matrix (completion.md sections 3 and 3.1, responder.md section 10, verbs.md section 6.2): every row is one cause and the
/// verdict on it.
/// </summary>
internal static partial class FaultMatrix
{
    private const AccessFlags Full = DevicePair.FullAccess;

    private static readonly FaultVerdict AccessError = new(WorkCompletionStatus.RemoteAccessError, "NAK 2")
    {
        Event = AsyncEventType.QueuePairAccessError, Requester = QueuePairState.Error, Responder = QueuePairState.Error,
        Drop = DropReason.MrViolation,
    };

    private static readonly FaultVerdict InvalidRequest = new(WorkCompletionStatus.RemoteInvalidRequestError, "NAK 1")
    {
        Event = AsyncEventType.QueuePairRequestError, Requester = QueuePairState.Error, Responder = QueuePairState.Error,
    };

    private static readonly FaultVerdict TooLong = InvalidRequest with
    {
        Event = null, Receive = WorkCompletionStatus.LocalLengthError, Drop = DropReason.BadLength,
    };

    private static readonly FaultVerdict InvalidWithReceive = InvalidRequest with
    {
        Event = null, Receive = WorkCompletionStatus.RemoteInvalidRequestError,
    };

    private static readonly FaultVerdict ReceiveProtection = new(WorkCompletionStatus.RemoteOperationError, "NAK 3")
    {
        Receive = WorkCompletionStatus.LocalProtectionError, Requester = QueuePairState.Error, Responder = QueuePairState.Error,
        Drop = DropReason.MrViolation,
    };

    private static readonly FaultVerdict SendProtection = new(WorkCompletionStatus.LocalProtectionError, "")
    {
        Requester = QueuePairState.Error,
    };

    private static readonly FaultVerdict BadResponse = new(WorkCompletionStatus.BadResponseError, "") { Requester = QueuePairState.Error };

    private static readonly FaultVerdict NoAnswer = new(WorkCompletionStatus.RetryExceededError, "") { Requester = QueuePairState.Error };

    private static readonly FaultVerdict SendQueueProtection = SendProtection with { Requester = QueuePairState.SendQueueError };

    private static readonly FaultVerdict SendQueueOperation = SendQueueProtection with
    {
        Status = WorkCompletionStatus.LocalQueuePairOperationError,
    };

    /// <summary>Short waits, for what is never answered.</summary>
    private static readonly ConnectOptions Impatient = new() { Timeout = 8, RetryCount = 2 };

    private static readonly ConnectOptions Mtu256 = new() { PathMtu = PathMtu.Mtu256 };

    /// <summary>All rows.</summary>
    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        .. RemoteMemory, .. Requests, .. Receives, .. LocalMemory, .. Silence, .. Responses, .. UnreliableConnections, .. Datagrams,
        .. MemoryOperations, .. Windows, .. Placement, .. OverSharedReceives, .. OverXrc, .. SharedQueues, .. NamedQueues,
    ];

    /// <summary>The row with a name.</summary>
    public static FaultRow Find(string cause) => Rows.Single(row => row.Cause == cause);

    // Lost without a word: UC and UD.
    private static FaultVerdict Lost(DropReason reason) => new(WorkCompletionStatus.Success, "") { Drop = reason };

    private static FaultRow Rc(string cause, FaultVerdict verdict, Func<FaultScene, SendWorkRequest> faulty) =>
        new($"RC {cause}", QueuePairType.ReliableConnection, verdict, faulty);

    private static FaultRow Uc(string cause, FaultVerdict verdict, Func<FaultScene, SendWorkRequest> faulty) =>
        new($"UC {cause}", QueuePairType.UnreliableConnection, verdict, faulty);

    private static FaultRow Ud(string cause, FaultVerdict verdict, Func<FaultScene, SendWorkRequest> faulty) =>
        new($"UD {cause}", QueuePairType.UnreliableDatagram, verdict, faulty);

    private static FaultRow Gsi(string cause, FaultVerdict verdict, Func<FaultScene, SendWorkRequest> faulty) =>
        new($"GSI {cause}", QueuePairType.Gsi, verdict, faulty);

    private static SendWorkRequest Immediate(SendWorkRequest request) => request with { Opcode = SendOpcode.RdmaWriteWithImmediate };

    private static SendWorkRequest WrongKey(SendWorkRequest request) => request with { RemoteKey = request.RemoteKey ^ 1 };

    private static SendWorkRequest Beyond(FaultScene scene, SendWorkRequest request) =>
        request with { RemoteAddress = scene.Remote.Address + scene.Remote.Length - (request.Entry.Length & ~7UL) + 8 };

    private static SendWorkRequest From(SendWorkRequest request, MemoryRegion region) =>
        request with { Entry = region.Entry(0, request.Entry.Length) };

    private static SendWorkRequest WrongLocalKey(SendWorkRequest request) =>
        request with { Entry = request.Entry with { LocalKey = request.Entry.LocalKey ^ 0x10 } };
}
