using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// What the four parts of one machine share: the rings and queues of the user, the attributes in force, the counters, and the way into ERR.
/// Touched by the owning shard only.
/// </summary>
internal sealed class QueuePairScope(QueuePairContext context, MemoryRegionTable regions, IQueuePairHost host, QueuePairOptions options)
{
    public QueuePairContext Context { get; } = context;

    public MemoryRegionTable Regions { get; } = regions;

    public IQueuePairHost Host { get; } = host;

    public QueuePairOptions Options { get; } = options;

    public QueuePairSettings Settings { get; } = new(context.Port);

    /// <summary>What the send queue can send.</summary>
    public SendOperations Operations { get; } = SendOperations.For(context.Type);

    /// <summary>The peer acknowledges what is sent; otherwise a work request is done when its packets have left (R-REQ-54).</summary>
    public bool IsReliable { get; } =
        context.Type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator or QueuePairType.XrcTarget;

    public QueuePairCounters Counters { get; } = new();

    /// <summary>
    /// The protection domain that the keys of the request in hand are checked in: the queue pair's own, or in XRC that of the shared
    /// receive queue the request names, because a target has none (R-RESP-42).
    /// </summary>
    public uint RemoteDomain { get; set; } = context.ProtectionDomain;

    /// <summary>The service whose opcodes its packets have.</summary>
    public TransportService Service { get; } = PacketAdmission.ServiceOf(context.Type);

    /// <summary>Set once by the machine that composes the parts.</summary>
    public IQueuePairFaultHandler Faults { get; set; } = null!;

    /// <summary>Who is told of its messages.</summary>
    public MessageTracing Tracing => field ??= new MessageTracing(this);

    public QueuePairState State => Context.State;

    /// <summary>The first entry of the port's P_Key table that matches a P_Key; −1 when none does (R-WIRE-27).</summary>
    public int FindPartition(ushort key) => Host.MatchPkey(Settings.Port, key);

    /// <summary>Adds a send-side completion. A full queue is a CQ overrun: the queue pair goes to ERR with QP_FATAL (R-CQ-8).</summary>
    public void CompleteSend(in WorkCompletion completion, bool solicited)
    {
        if (!Context.SendCq.Push(completion, solicited)) Faults.EnterError(AsyncEventType.QueuePairFatal);
    }

    /// <summary>Adds a receive-side completion. A full queue is a CQ overrun: the queue pair goes to ERR with QP_FATAL (R-CQ-8).</summary>
    public void CompleteReceive(CompletionQueue queue, in WorkCompletion completion, bool solicited)
    {
        Counters.CountEnd(OperationIndex.Receive, completion.Status);
        if (!queue.Push(completion, solicited)) Faults.EnterError(AsyncEventType.QueuePairFatal);
    }
}
