namespace RdmaPipeline.Protocol;

/// <summary>
/// What one queue pair counted. Written by the owning shard only, readable by anyone at any time (each value is read whole,
/// values are not a consistent set). Names follow the hardware counters of Linux Soft-RoCE where the counter applies.
/// </summary>
public sealed class QueuePairCounters
{
    /// <summary>Request packets built, retransmissions included (sent_pkts counts these and <see cref="SentResponses"/>).</summary>
    public long SentRequests { get; internal set; }

    /// <summary>Response packets built: acknowledgements, read and atomic responses.</summary>
    public long SentResponses { get; internal set; }

    /// <summary>Request packets taken in, dropped ones included.</summary>
    public long ReceivedRequests { get; internal set; }

    /// <summary>Response packets taken in, dropped ones included.</summary>
    public long ReceivedResponses { get; internal set; }

    /// <summary>Requests that had been executed before (duplicate_request).</summary>
    public long DuplicateRequest { get; internal set; }

    /// <summary>Requests beyond the expected PSN (out_of_seq_request).</summary>
    public long OutOfSequenceRequest { get; internal set; }

    /// <summary>RNR NAKs received (rcvd_rnr_err).</summary>
    public long ReceivedRnr { get; internal set; }

    /// <summary>RNR NAKs sent (send_rnr_err).</summary>
    public long SentRnr { get; internal set; }

    /// <summary>Sequence-error NAKs received (rcvd_seq_err).</summary>
    public long ReceivedSequenceError { get; internal set; }

    /// <summary>Acknowledgements that were owed and merged into a later one (ack_deferred).</summary>
    public long AckDeferred { get; internal set; }

    /// <summary>Work requests that failed because the transport retries were exhausted (retry_exceeded_err).</summary>
    public long RetryExceeded { get; internal set; }

    /// <summary>Work requests that failed because the RNR retries were exhausted (retry_rnr_exceeded_err).</summary>
    public long RnrRetryExceeded { get; internal set; }

    /// <summary>Retry passes: timeouts, sequence NAKs and implied NAKs (completer_retry_err).</summary>
    public long Retries { get; internal set; }

    /// <summary>SEND work requests completed successfully (rdma_sends).</summary>
    public long RdmaSends { get; internal set; }

    /// <summary>Receive work requests completed successfully (rdma_recvs).</summary>
    public long RdmaReceives { get; internal set; }

    /// <summary>Request packets that were sent again.</summary>
    public long Retransmitted { get; internal set; }
}
