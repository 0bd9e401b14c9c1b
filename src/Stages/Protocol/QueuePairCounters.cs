using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// What one queue pair counted. Written by the owning shard only, readable by anyone at any time (each value is read whole,
/// values are not a consistent set). Names follow the hardware counters of Linux Soft-RoCE, or of mlx5, where the counter applies.
/// </summary>
public sealed partial class QueuePairCounters
{
    /// <summary>Request packets built, retransmissions included (sent_pkts counts these and <see cref="SentResponses"/>).</summary>
    public long SentRequests { get; internal set; }

    /// <summary>Response packets built: acknowledgements, read and atomic responses.</summary>
    public long SentResponses { get; internal set; }

    /// <summary>Request packets taken in, dropped ones included.</summary>
    public long ReceivedRequests { get; internal set; }

    /// <summary>Response packets taken in, dropped ones included.</summary>
    public long ReceivedResponses { get; internal set; }

    /// <summary>Payload of all packets built, in bytes.</summary>
    public long SentBytes { get; internal set; }

    /// <summary>Payload of all packets taken in, in bytes.</summary>
    public long ReceivedBytes { get; internal set; }

    /// <summary>Bytes of the messages that were begun.</summary>
    public long BegunBytes { get; internal set; }

    /// <summary>Bytes of these that have ended.</summary>
    public long EndedBytes { get; internal set; }

    /// <summary>Bytes of the messages that were begun and have not ended.</summary>
    public long InflightBytes
    {
        get
        {
            // The older end first: too many rather than less than none.
            var ended = EndedBytes;
            Interlocked.MemoryBarrier();
            return Math.Max(0, BegunBytes - ended);
        }
    }

    /// <summary>Requests that had been executed before (duplicate_request).</summary>
    public long DuplicateRequest { get; internal set; }

    /// <summary>Requests beyond the expected PSN (out_of_seq_request).</summary>
    public long OutOfSequenceRequest { get; internal set; }

    /// <summary>RNR NAKs received (rcvd_rnr_err).</summary>
    public long ReceivedRnr => NaksReceived[NakIndex.ReceiverNotReady];

    /// <summary>RNR NAKs sent (send_rnr_err).</summary>
    public long SentRnr => NaksSent[NakIndex.ReceiverNotReady];

    /// <summary>Sequence-error NAKs received (rcvd_seq_err).</summary>
    public long ReceivedSequenceError => NaksReceived[NakIndex.Of(NakCode.PsnSequenceError)];

    /// <summary>Acknowledgements that were owed and merged into a later one.</summary>
    public long MergedAcks { get; internal set; }

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
    public long Retransmitted => Retransmissions.Sum;

    /// <summary>Transport timers that fired: nothing had been acknowledged for too long (mlx5: local_ack_timeout_err).</summary>
    public long AckTimeouts { get; internal set; }

    /// <summary>Responses that showed that an earlier one was lost (mlx5: implied_nak_seq_err).</summary>
    public long ImpliedNaks { get; internal set; }

    /// <summary>RDMA WRITE requests taken in their turn, refused ones included (mlx5: rx_write_requests).</summary>
    public long WriteRequests => Requests[OperationIndex.Of(PacketOperation.Write)];

    /// <summary>RDMA READ requests taken in their turn, refused ones included (mlx5: rx_read_requests).</summary>
    public long ReadRequests => Requests[OperationIndex.Of(PacketOperation.ReadRequest)];

    /// <summary>Atomic requests taken in their turn, refused ones included (mlx5: rx_atomic_requests).</summary>
    public long AtomicRequests => Requests[OperationIndex.Of(PacketOperation.CompareSwap)]
        + Requests[OperationIndex.Of(PacketOperation.FetchAdd)];

    /// <summary>Requests refused for their remote key, range or right (mlx5: resp_remote_access_errors).</summary>
    public long RefusedAccesses => RefusedRequests[(int)RequestFault.RemoteAccess];

    /// <summary>Send-side completions with an error, flushed ones included (mlx5: req_cqe_error).</summary>
    public long SendErrors => SumFailures(0, OperationIndex.Receive);

    /// <summary>Send-side completions that were flushed (mlx5: req_cqe_flush_error).</summary>
    public long SendFlushes => SumFailures(0, OperationIndex.Receive, WorkCompletionStatus.WorkRequestFlushedError);

    /// <summary>Work requests that the peer refused as invalid (mlx5: req_remote_invalid_request).</summary>
    public long RemoteInvalidRequests => SumFailures(0, OperationIndex.Receive, WorkCompletionStatus.RemoteInvalidRequestError);

    /// <summary>Work requests that the peer refused for want of a right (mlx5: req_remote_access_errors).</summary>
    public long RemoteAccessErrors => SumFailures(0, OperationIndex.Receive, WorkCompletionStatus.RemoteAccessError);

    /// <summary>Receive-side completions with an error, flushed ones included (mlx5: resp_cqe_error).</summary>
    public long ReceiveErrors => SumFailures(OperationIndex.Receive, OperationIndex.Count);

    /// <summary>Receive-side completions that were flushed (mlx5: resp_cqe_flush_error).</summary>
    public long ReceiveFlushes => FailuresOf(OperationIndex.Receive, (int)WorkCompletionStatus.WorkRequestFlushedError);

    /// <summary>Messages that were longer than the receive posted for them (mlx5: resp_local_length_error).</summary>
    public long LocalLengthErrors => FailuresOf(OperationIndex.Receive, (int)WorkCompletionStatus.LocalLengthError);

    private long SumFailures(int from, int to)
    {
        long sum = 0;
        for (var status = 1; status < StatusCount; status++) sum += SumFailures(from, to, (WorkCompletionStatus)status);
        return sum;
    }

    private long SumFailures(int from, int to, WorkCompletionStatus status)
    {
        long sum = 0;
        for (var operation = from; operation < to; operation++) sum += FailuresOf(operation, (int)status);
        return sum;
    }
}
