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

    /// <summary>Bursts by size: one series per power of two, with the bucket's upper bound as attribute.</summary>
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

    /// <summary>Time a stage could not work because of backpressure.</summary>
    public const string StageBlockedTime = "rdma.stage.blocked.time";

    /// <summary>Exceptions that came out of a stage.</summary>
    public const string StageFaults = "rdma.stage.faults";

    /// <summary>Offers over an edge that the target postponed or declined.</summary>
    public const string LinkRefusedOffers = "rdma.link.refused.offers";

    /// <summary>The revision of a graph.</summary>
    public const string GraphRevision = "rdma.graph.revision";

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
}
