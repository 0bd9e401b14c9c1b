namespace RdmaPipeline.Verbs;

/// <summary>How a work request ended, with the numbers of the standard (completion.md 3).</summary>
public enum WorkCompletionStatus
{
    /// <summary>Done.</summary>
    Success = 0,
    /// <summary>The data does not fit: a message longer than its receive, or longer than the MTU of a datagram.</summary>
    LocalLengthError = 1,
    /// <summary>The local queue pair could not execute the request.</summary>
    LocalQueuePairOperationError = 2,
    /// <summary>Reliable datagram only.</summary>
    LocalEndToEndContextOperationError = 3,
    /// <summary>A local key, domain or range of a scatter-gather entry is wrong.</summary>
    LocalProtectionError = 4,
    /// <summary>Was outstanding, or was posted, while the queue pair was in ERR.</summary>
    WorkRequestFlushedError = 5,
    /// <summary>A memory window could not be bound.</summary>
    MemoryWindowBindError = 6,
    /// <summary>The peer's response is malformed.</summary>
    BadResponseError = 7,
    /// <summary>A local access fault on a write with immediate.</summary>
    LocalAccessError = 8,
    /// <summary>The peer found the request invalid (NAK 1).</summary>
    RemoteInvalidRequestError = 9,
    /// <summary>The peer's key, range or rights do not allow the access (NAK 2).</summary>
    RemoteAccessError = 10,
    /// <summary>The peer could not complete the request (NAK 3).</summary>
    RemoteOperationError = 11,
    /// <summary>The peer did not answer, all retries included.</summary>
    RetryExceededError = 12,
    /// <summary>The peer had no receive posted, all RNR retries included.</summary>
    RnrRetryExceededError = 13,
    /// <summary>Reliable datagram only.</summary>
    LocalRddViolationError = 14,
    /// <summary>Reliable datagram only.</summary>
    RemoteInvalidReadRequestError = 15,
    /// <summary>The peer aborted the operation.</summary>
    RemoteAbortedError = 16,
    /// <summary>Reliable datagram only.</summary>
    InvalidEndToEndContextNumberError = 17,
    /// <summary>Reliable datagram only.</summary>
    InvalidEndToEndContextStateError = 18,
    /// <summary>Unrecoverable.</summary>
    FatalError = 19,
    /// <summary>The response came too late.</summary>
    ResponseTimeoutError = 20,
    /// <summary>Any other error.</summary>
    GeneralError = 21,
}
