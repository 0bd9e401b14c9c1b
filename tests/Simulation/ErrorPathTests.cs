using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// The fault matrix of completion.md section 3.1, on a good wire and on a bad one: every seed ends with the same statuses.
/// </summary>
public sealed class ErrorPathTests
{
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;
    private const int SeedsPerCase = 25;

    private static readonly Instant Limit = new(60_000_000_000);

    public static TheoryData<string, WorkCompletionStatus, WorkCompletionStatus?, AsyncEventType?> Matrix() => new()
    {
        { "write bad key", WorkCompletionStatus.RemoteAccessError, null, AsyncEventType.QueuePairAccessError },
        { "read bad key", WorkCompletionStatus.RemoteAccessError, null, AsyncEventType.QueuePairAccessError },
        { "atomic bad key", WorkCompletionStatus.RemoteAccessError, null, AsyncEventType.QueuePairAccessError },
        { "write out of range", WorkCompletionStatus.RemoteAccessError, null, AsyncEventType.QueuePairAccessError },
        { "write to read-only memory", WorkCompletionStatus.RemoteAccessError, null, AsyncEventType.QueuePairAccessError },
        { "queue pair without remote write", WorkCompletionStatus.RemoteInvalidRequestError, null, AsyncEventType.QueuePairRequestError },
        { "queue pair without read depth", WorkCompletionStatus.RemoteInvalidRequestError, null, AsyncEventType.QueuePairRequestError },
        { "send too long", WorkCompletionStatus.RemoteInvalidRequestError, WorkCompletionStatus.LocalLengthError, null },
        { "receive entry invalid", WorkCompletionStatus.RemoteOperationError, WorkCompletionStatus.LocalProtectionError, null },
        { "send entry invalid", WorkCompletionStatus.LocalProtectionError, null, null },
        { "no receive", WorkCompletionStatus.RnrRetryExceededError, null, null },
        { "peer gone", WorkCompletionStatus.RetryExceededError, null, null },
    };

    [Theory, MemberData(nameof(Matrix))]
    public void FaultEndsWithItsStatuses(string fault, WorkCompletionStatus send, WorkCompletionStatus? receive, AsyncEventType? happened)
    {
        Run(fault, 0, LinkFaults.None, send, receive, happened);
        for (ulong seed = 1; seed <= SeedsPerCase; seed++)
        {
            try
            {
                Run(fault, seed, LinkFaults.FivePercentEach, send, receive, happened);
            }
            catch (Exception failure)
            {
                throw new SimulationFailureException($"{fault}, seed {seed}: {failure}");
            }
        }
    }

    private static void Run(
        string fault, ulong seed, LinkFaults faults, WorkCompletionStatus send, WorkCompletionStatus? receive, AsyncEventType? happened)
    {
        var pair = new MachinePair(seed, faults);
        // A lost fatal NAK is not sent again (R-RESP-35), so on a bad wire the requester may learn of it as silence.
        var isBad = faults != LinkFaults.None;
        pair.Left.Options = QueuePairOptions.Default with { Retry7IsInfinite = fault is "no receive" or "send entry invalid" };
        var (left, right) = (new Peer(pair.Left), new Peer(pair.Right));
        Connect(left, right, fault);
        left.PeerAddress = fault == "write to read-only memory" ? right.ReadOnly.Address : right.Region.Address;
        var good = Post(left, right, fault);
        Assert.True(pair.Run(() => left.Poll() & right.Poll() & left.Sends.Count == good + 2, Limit), $"hangs at {pair.Time.Now}");
        pair.Run(() => left.Poll() & right.Poll() & false, Limit);

        var statuses = left.Sends.Select(c => c.Status).ToList();
        Assert.Equal(good + 2, statuses.Count);
        Assert.Equal(Enumerable.Range(0, good + 2).Select(i => (ulong)i), left.Sends.Select(c => c.WorkRequestId));
        Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, statuses[^1]);
        var first = statuses.FindIndex(s => s != WorkCompletionStatus.Success);
        if (isBad && statuses[first] == WorkCompletionStatus.RetryExceededError) Assert.InRange(first, 0, good);
        else Assert.Equal((good, send), (first, statuses[first]));
        Assert.Equal(QueuePairState.Error, left.QueuePair.State);
        var failed = right.Receives.Where(
            c => c.Status is not (WorkCompletionStatus.Success or WorkCompletionStatus.WorkRequestFlushedError));
        Assert.Equal(receive is { } status ? [status] : [], failed.Select(c => c.Status));
        Assert.Equal(happened is { } type ? [type] : [], right.Events());
    }

    // Some good work, the faulty one, and one that is flushed.
    private static int Post(Peer left, Peer right, string fault)
    {
        const int good = 3;
        if (fault == "peer gone") right.QueuePair.Dispose();
        var expectsGood = fault is "peer gone" ? 0 : good;
        for (var i = 0; i < expectsGood; i++) left.Post((ulong)i, SendOpcode.Send, 700, right.Region.RemoteKey);
        var (opcode, key, offset) = fault switch
        {
            "write bad key" => (SendOpcode.RdmaWrite, right.Region.RemoteKey ^ 0x100, 0UL),
            "read bad key" => (SendOpcode.RdmaRead, right.Region.RemoteKey ^ 0x1, 0UL),
            "atomic bad key" => (SendOpcode.FetchAndAdd, right.Region.RemoteKey ^ 0x100, 0UL),
            "write out of range" => (SendOpcode.RdmaWrite, right.Region.RemoteKey, right.Region.Length - 699),
            "write to read-only memory" => (SendOpcode.RdmaWrite, right.ReadOnly.RemoteKey, 0UL),
            "queue pair without remote write" => (SendOpcode.RdmaWrite, right.Region.RemoteKey, 0UL),
            "queue pair without read depth" => (SendOpcode.RdmaRead, right.Region.RemoteKey, 0UL),
            _ => (SendOpcode.Send, 0u, 0UL),
        };
        if (fault == "send too long") left.Post((ulong)expectsGood, opcode, 1025, key, offset);
        else if (fault == "send entry invalid") left.Post((ulong)expectsGood, opcode, 8, key, offset, localKey: 0xBAD);
        else left.Post((ulong)expectsGood, opcode, opcode == SendOpcode.FetchAndAdd ? 8 : 700, key, offset);
        left.Post((ulong)expectsGood + 1, SendOpcode.Send, 10, 0);
        return expectsGood;
    }

    private static void Connect(Peer left, Peer right, string fault)
    {
        var options = new ConnectOptions { PathMtu = PathMtu.Mtu256, Timeout = 6, RetryCount = 7, RnrRetry = 3, MinRnrTimer = 1 };
        left.QueuePair.ConnectTo(right.QueuePair.LocalEndpoint, options);
        right.QueuePair.ConnectTo(left.QueuePair.LocalEndpoint, fault switch
        {
            "queue pair without remote write" => options with { Access = AccessFlags.RemoteRead },
            "queue pair without read depth" => options with { MaxDestinationReadAtomic = 0 },
            _ => options,
        });
        var receives = fault == "no receive" ? 3 : 5;
        for (var i = 0; i < receives; i++)
        {
            var isInvalid = fault == "receive entry invalid" && i == 3;
            right.QueuePair.PostReceive(new ReceiveWorkRequest
            {
                WorkRequestId = (ulong)i,
                Entry = right.Region.Entry(0, 1024) with { LocalKey = isInvalid ? 0xBADu : right.Region.LocalKey },
            });
        }
    }

    private sealed class Peer
    {
        private readonly WorkCompletion[] _polled = new WorkCompletion[8];
        private readonly CompletionQueue _sendCq;
        private readonly CompletionQueue _receiveCq;

        public Peer(SimulatedNode node)
        {
            Device = node.Device;
            (_sendCq, _receiveCq) = (Device.CreateCompletionQueue(64), Device.CreateCompletionQueue(64));
            var domain = Device.CreateProtectionDomain();
            Region = domain.AllocateMemory(8192, All);
            ReadOnly = domain.AllocateMemory(8192, AccessFlags.RemoteRead);
            QueuePair = domain.CreateQueuePair(new QueuePairInitAttributes
            {
                SendCompletionQueue = _sendCq, ReceiveCompletionQueue = _receiveCq, SignalAll = true,
            });
        }

        public RdmaDevice Device { get; }

        public QueuePair QueuePair { get; }

        public MemoryRegion Region { get; }

        public MemoryRegion ReadOnly { get; }

        public List<WorkCompletion> Sends { get; } = [];

        public List<WorkCompletion> Receives { get; } = [];

        public bool Poll()
        {
            for (int count; (count = _sendCq.Poll(_polled)) != 0;) Sends.AddRange(_polled[..count]);
            for (int count; (count = _receiveCq.Poll(_polled)) != 0;) Receives.AddRange(_polled[..count]);
            return true;
        }

        public List<AsyncEventType> Events()
        {
            var events = new List<AsyncEventType>();
            while (Device.AsyncEvents.TryRead(out var happened))
            {
                if (happened.Type != AsyncEventType.CommunicationEstablished) events.Add(happened.Type);
            }

            return events;
        }

        public void Post(ulong id, SendOpcode opcode, int length, uint key, ulong offset = 0, uint? localKey = null) =>
            QueuePair.PostSend(new SendWorkRequest
            {
                WorkRequestId = id,
                Opcode = opcode,
                Entry = Region.Entry(0, (ulong)length) with { LocalKey = localKey ?? Region.LocalKey },
                RemoteAddress = PeerAddress + offset,
                RemoteKey = key,
            });

        public ulong PeerAddress { get; set; }
    }
}
