namespace RdmaPipeline.Graph;

/// <summary>How a burst gets from one stage to the next. A stage cannot tell.</summary>
public enum HopPolicy
{
    /// <summary>A stage that is idle and empty runs at once when its own shard offers; otherwise the burst queues.</summary>
    Inline,

    /// <summary>Every hop is a queue and a turn of the shard's scheduler.</summary>
    Queued,

    /// <summary>
    /// One block in front of the shard, direct calls behind it. A property of a whole shard: its stages are fused together.
    /// </summary>
    Fused,
}
