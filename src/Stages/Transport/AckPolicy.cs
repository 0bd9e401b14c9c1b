namespace RdmaPipeline;

/// <summary>
/// When an acknowledgement that a received burst made due leaves. Either way one cumulative ACK answers a burst (R-RESP-32).
/// </summary>
public enum AckPolicy
{
    /// <summary>
    /// After the completions of the burst could be picked up: the acknowledgement leaves with the shard's next turn, so a reply posted at
    /// once overtakes it and several bursts read together share one. The default.
    /// </summary>
    AfterDelivery,

    /// <summary>
    /// As soon as the burst has been processed: a slightly earlier completion at the sender for a later reply of the receiver.
    /// </summary>
    Immediate,
}
