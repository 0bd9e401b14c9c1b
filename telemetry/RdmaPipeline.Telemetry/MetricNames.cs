namespace RdmaPipeline.Telemetry;

/// <summary>The names of all metrics. Nothing else in the project spells one.</summary>
public static class MetricNames
{
    /// <summary>Items a stage took in.</summary>
    public const string StageConsumedItems = "rdma.stage.consumed.items";

    /// <summary>Bursts a stage took in; items divided by bursts is the batching.</summary>
    public const string StageConsumedBursts = "rdma.stage.consumed.bursts";

    /// <summary>Items a stage gave out.</summary>
    public const string StageProducedItems = "rdma.stage.produced.items";

    /// <summary>Bursts a stage gave out.</summary>
    public const string StageProducedBursts = "rdma.stage.produced.bursts";

    /// <summary>Items that began their life in a stage.</summary>
    public const string StageCreatedItems = "rdma.stage.created.items";

    /// <summary>Items that ended their life in a stage as intended.</summary>
    public const string StageEndedItems = "rdma.stage.ended.items";

    /// <summary>Items a stage dropped, by reason.</summary>
    public const string StageDroppedItems = "rdma.stage.dropped.items";

    /// <summary>Items in a burst (sampled).</summary>
    public const string StageBurstSize = "rdma.stage.burst.size";

    /// <summary>Items that wait on an input of a stage.</summary>
    public const string StageQueueSize = "rdma.stage.queue.size";

    /// <summary>Bursts an input of a stage may hold.</summary>
    public const string StageQueueCapacity = "rdma.stage.queue.capacity";

    /// <summary>How long a burst waited in front of a stage (sampled).</summary>
    public const string StageQueueDuration = "rdma.stage.queue.duration";

    /// <summary>How long a stage worked on a burst (sampled).</summary>
    public const string StageProcessDuration = "rdma.stage.process.duration";

    /// <summary>Time a stage worked; its rate is the utilisation.</summary>
    public const string StageBusyTime = "rdma.stage.busy.time";

    /// <summary>Time a stage could not work, by reason.</summary>
    public const string StageBlockedTime = "rdma.stage.blocked.time";

    /// <summary>Exceptions that came out of a stage.</summary>
    public const string StageFaults = "rdma.stage.faults";

    /// <summary>Offers over an edge that the target postponed or declined.</summary>
    public const string LinkRefusedOffers = "rdma.link.refused.offers";

    /// <summary>The revision of a graph.</summary>
    public const string GraphRevision = "rdma.graph.revision";

    /// <summary>Changes of a graph while it runs, and attempts at them.</summary>
    public const string GraphReconfigurations = "rdma.graph.reconfigurations";

    /// <summary>How long they took.</summary>
    public const string GraphReconfigurationDuration = "rdma.graph.reconfiguration.duration";

    /// <summary>Exceptions that came out of stages when they were disposed.</summary>
    public const string GraphDisposalFaults = "rdma.graph.disposal.faults";

    /// <summary>Stages in a graph.</summary>
    public const string GraphStageCount = "rdma.graph.stage.count";

    /// <summary>Payload and headers moved by a back-end.</summary>
    public const string BackendIo = "rdma.backend.io";

    /// <summary>Packets moved by a back-end.</summary>
    public const string BackendPackets = "rdma.backend.packets";

    /// <summary>System calls (or their like) a back-end made.</summary>
    public const string BackendCalls = "rdma.backend.calls";

    /// <summary>Errors of a back-end.</summary>
    public const string BackendErrors = "rdma.backend.errors";

    /// <summary>Packets a back-end's receive ring had no room for.</summary>
    public const string BackendDroppedPackets = "rdma.backend.dropped.packets";

    /// <summary>Packets that one call moved (sampled).</summary>
    public const string BackendBatchSize = "rdma.backend.batch.size";

    /// <summary>Send work requests that a requester began.</summary>
    public const string WorkRequests = "rdma.work_requests";

    /// <summary>Transport packets of queue pairs, retransmissions included.</summary>
    public const string Packets = "rdma.packets";

    /// <summary>Payload of these packets.</summary>
    public const string Io = "rdma.io";

    /// <summary>Request packets sent again, by reason.</summary>
    public const string Retransmissions = "rdma.retransmissions";

    /// <summary>Packets sent and not acknowledged.</summary>
    public const string InflightPackets = "rdma.inflight.packets";

    /// <summary>Bytes of the messages that were begun and have not completed.</summary>
    public const string InflightSize = "rdma.inflight.size";

    /// <summary>Packets that may be unacknowledged.</summary>
    public const string WindowLimit = "rdma.window.limit";

    /// <summary>From the post of a send work request to its completion (sampled).</summary>
    public const string WorkRequestDuration = "rdma.work_request.duration";

    /// <summary>Completions, by operation and outcome.</summary>
    public const string Completions = "rdma.completions";

    /// <summary>From a request packet to the acknowledgement of it, without those sent again.</summary>
    public const string AckRtt = "rdma.ack.rtt";

    /// <summary>Negative acknowledgements, by code.</summary>
    public const string Naks = "rdma.naks";

    /// <summary>Responses that showed that an earlier one was lost.</summary>
    public const string NaksImplied = "rdma.naks.implied";

    /// <summary>Transport timers that fired.</summary>
    public const string AckTimeouts = "rdma.ack.timeouts";

    /// <summary>Work requests that failed because the retries were used up.</summary>
    public const string RetriesExhausted = "rdma.retries.exhausted";

    /// <summary>Responses that had to wait in front of the completer.</summary>
    public const string CompleterDeferrals = "rdma.completer.deferrals";

    /// <summary>Requests of peers taken in their turn, by operation.</summary>
    public const string Requests = "rdma.requests";

    /// <summary>Requests that had been executed before.</summary>
    public const string Duplicates = "rdma.duplicates";

    /// <summary>Requests beyond the expected one.</summary>
    public const string OutOfSequence = "rdma.out_of_sequence";

    /// <summary>Packets that found no receive work request.</summary>
    public const string ReceiveBuffersMissing = "rdma.receive_buffers.missing";

    /// <summary>Requests refused for the memory they name.</summary>
    public const string MemoryAccessErrors = "rdma.memory.access.errors";

    /// <summary>Positive acknowledgements.</summary>
    public const string Acks = "rdma.acks";

    /// <summary>From the request that asked for an acknowledgement to the acknowledgement.</summary>
    public const string AckDelay = "rdma.ack.delay";

    /// <summary>Time to make or check the ICRCs of a burst (sampled).</summary>
    public const string IcrcDuration = "rdma.icrc.duration";

    /// <summary>Times the link went down.</summary>
    public const string LinkDowns = "rdma.link.downs";

    /// <summary>Queue pairs, by state.</summary>
    public const string QpCount = "rdma.qp.count";

    /// <summary>Completions that wait to be polled.</summary>
    public const string CqDepth = "rdma.cq.depth";

    /// <summary>Completion queues that were overrun.</summary>
    public const string CqOverruns = "rdma.cq.overruns";

    /// <summary>Registered memory regions.</summary>
    public const string MrCount = "rdma.mr.count";

    /// <summary>Bytes of the registered memory regions.</summary>
    public const string MrSize = "rdma.mr.size";

    /// <summary>Bursts that are in use.</summary>
    public const string BufferPoolUsage = "rdma.buffer_pool.usage";

    /// <summary>Bursts that the pools hold.</summary>
    public const string BufferPoolLimit = "rdma.buffer_pool.limit";
}
