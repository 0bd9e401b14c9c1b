namespace RdmaPipeline.Verbs;

/// <summary>
/// The attributes of a shared receive queue. For <see cref="SharedReceiveQueue.Modify"/> set those that shall change;
/// <see cref="SharedReceiveQueue.Query"/> returns all.
/// </summary>
public sealed record SharedReceiveQueueAttributes
{
    /// <summary>Receives it holds, 1 to <see cref="DeviceAttributes.MaxSharedReceiveQueueWorkRequests"/>.</summary>
    public int? MaxWorkRequests { get; init; }

    /// <summary>Scatter-gather entries of one receive. For reading: it cannot be changed and is not looked at.</summary>
    public int? MaxEntries { get; init; }

    /// <summary>
    /// Raises <see cref="AsyncEventType.SharedReceiveQueueLimitReached"/> once, when a receive has been taken and fewer than this are
    /// left, and is then 0. From 0 (disarms) to the number of receives the queue holds.
    /// </summary>
    public int? Limit { get; init; }
}
