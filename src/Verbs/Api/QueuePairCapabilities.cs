namespace RdmaPipeline.Verbs;

/// <summary>The sizes of a queue pair. What is asked for is what is given (R-VERB-9), within <see cref="DeviceAttributes"/>.</summary>
public sealed record QueuePairCapabilities
{
    /// <summary>Work requests the send queue holds, 0 to <see cref="DeviceAttributes.MaxQueuePairWorkRequests"/>.</summary>
    public int MaxSendWorkRequests { get; init; } = 128;

    /// <summary>Work requests the receive queue holds, 0 to <see cref="DeviceAttributes.MaxQueuePairWorkRequests"/>.</summary>
    public int MaxReceiveWorkRequests { get; init; } = 128;

    /// <summary>Scatter-gather entries of one send, 0 to <see cref="DeviceAttributes.MaxScatterGatherEntries"/>.</summary>
    public int MaxSendEntries { get; init; } = 4;

    /// <summary>Scatter-gather entries of one receive, 0 to <see cref="DeviceAttributes.MaxScatterGatherEntries"/>.</summary>
    public int MaxReceiveEntries { get; init; } = 4;

    /// <summary>Bytes of inline data of one send, 0 to <see cref="DeviceAttributes.MaxInlineData"/>.</summary>
    public int MaxInlineData { get; init; } = 64;
}
