namespace RdmaPipeline.Verbs;

/// <summary>What happened, with the numbers of the standard (verbs.md 7).</summary>
public enum AsyncEventType
{
    /// <summary>A completion queue was overrun.</summary>
    CompletionQueueError = 0,
    /// <summary>A queue pair failed beyond use.</summary>
    QueuePairFatal = 1,
    /// <summary>The peer sent an invalid request.</summary>
    QueuePairRequestError = 2,
    /// <summary>The peer violated access rights.</summary>
    QueuePairAccessError = 3,
    /// <summary>A packet arrived while the queue pair was in RTR.</summary>
    CommunicationEstablished = 4,
    /// <summary>The send queue is drained.</summary>
    SendQueueDrained = 5,
    /// <summary>The path migrated.</summary>
    PathMigrated = 6,
    /// <summary>The path failed to migrate.</summary>
    PathMigrationError = 7,
    /// <summary>The device failed.</summary>
    DeviceFatal = 8,
    /// <summary>A port became active.</summary>
    PortActive = 9,
    /// <summary>A port went down.</summary>
    PortError = 10,
    /// <summary>The LID of a port changed.</summary>
    LidChange = 11,
    /// <summary>The P_Key table of a port changed.</summary>
    PkeyChange = 12,
    /// <summary>The subnet manager changed.</summary>
    SubnetManagerChange = 13,
    /// <summary>A shared receive queue failed.</summary>
    SharedReceiveQueueError = 14,
    /// <summary>A shared receive queue fell to its limit.</summary>
    SharedReceiveQueueLimitReached = 15,
    /// <summary>A queue pair in ERR will take no more receives from a shared receive queue (R-RESP-40).</summary>
    LastWorkRequestReached = 16,
    /// <summary>The subnet manager asks clients to register again.</summary>
    ClientReregister = 17,
    /// <summary>The GID table of a port changed.</summary>
    GidChange = 18,
    /// <summary>A work queue failed.</summary>
    WorkQueueFatal = 19,
}
