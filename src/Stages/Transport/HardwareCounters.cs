using RdmaPipeline.Backends;
using RdmaPipeline.Protocol;
using RdmaPipeline.Transport.Metrics;

namespace RdmaPipeline.Transport;

/// <summary>
/// The counters of a device under the names that Linux Soft-RoCE and mlx5 adapters give them: sums over all queue pairs, those destroyed
/// included, so that they only grow.
/// </summary>
internal sealed class HardwareCounters(QueuePairSeries queuePairs)
{
    private static readonly (string Name, Func<QueuePairCounters, long> Read)[] SoftRoce =
    [
        ("sent_pkts", static c => c.SentRequests + c.SentResponses),
        ("rcvd_pkts", static c => c.ReceivedRequests + c.ReceivedResponses),
        ("duplicate_request", static c => c.DuplicateRequest),
        ("out_of_seq_request", static c => c.OutOfSequenceRequest),
        ("rcvd_rnr_err", static c => c.ReceivedRnr),
        ("send_rnr_err", static c => c.SentRnr),
        ("rcvd_seq_err", static c => c.ReceivedSequenceError),
        ("retry_exceeded_err", static c => c.RetryExceeded),
        ("retry_rnr_exceeded_err", static c => c.RnrRetryExceeded),
        ("completer_retry_err", static c => c.Retries),
        ("rdma_sends", static c => c.RdmaSends),
        ("rdma_recvs", static c => c.RdmaReceives),
    ];

    // Not here: what belongs to congestion notification, adaptive retransmission and dynamic connections, which this transport has not.
    private static readonly (string Name, Func<QueuePairCounters, long> Read)[] Adapter =
    [
        ("rx_write_requests", static c => c.WriteRequests),
        ("rx_read_requests", static c => c.ReadRequests),
        ("rx_atomic_requests", static c => c.AtomicRequests),
        ("out_of_sequence", static c => c.OutOfSequenceRequest),
        ("duplicate_request", static c => c.DuplicateRequest),
        ("rnr_nak_retry_err", static c => c.ReceivedRnr),
        ("packet_seq_err", static c => c.ReceivedSequenceError),
        ("implied_nak_seq_err", static c => c.ImpliedNaks),
        ("local_ack_timeout_err", static c => c.AckTimeouts),
        ("resp_local_length_error", static c => c.LocalLengthErrors),
        ("resp_cqe_error", static c => c.ReceiveErrors),
        ("req_cqe_error", static c => c.SendErrors),
        ("req_remote_invalid_request", static c => c.RemoteInvalidRequests),
        ("req_remote_access_errors", static c => c.RemoteAccessErrors),
        ("resp_remote_access_errors", static c => c.RefusedAccesses),
        ("resp_cqe_flush_error", static c => c.ReceiveFlushes),
        ("req_cqe_flush_error", static c => c.SendFlushes),
        ("req_transport_retries_exceeded", static c => c.RetryExceeded),
        ("req_rnr_retries_exceeded", static c => c.RnrRetryExceeded),
    ];

    /// <summary>The sums of this moment under Soft-RoCE's names.</summary>
    public IReadOnlyDictionary<string, long> ReadSoftRoce(BackendCounters backend, long linkDowns, long deferredResponses)
    {
        var sums = Sum(SoftRoce);
        sums["ack_deferred"] = deferredResponses;
        sums["send_err"] = backend.Sent.Errors;
        sums["link_downed"] = linkDowns;
        return sums;
    }

    /// <summary>The sums of this moment under mlx5's names.</summary>
    public IReadOnlyDictionary<string, long> ReadAdapter(BackendCounters backend, long outOfBuffer)
    {
        var sums = Sum(Adapter);
        sums["out_of_buffer"] = outOfBuffer;
        sums["rx_icrc_encapsulated"] = backend.Icrc.Invalid;
        sums["rdma_tx_packets"] = backend.Sent.Packets;
        sums["rdma_tx_bytes"] = backend.Sent.Bytes;
        sums["rdma_rx_packets"] = backend.Received.Packets;
        sums["rdma_rx_bytes"] = backend.Received.Bytes;
        return sums;
    }

    private Dictionary<string, long> Sum((string Name, Func<QueuePairCounters, long> Read)[] counters)
    {
        var total = queuePairs.Total();
        return counters.ToDictionary(counter => counter.Name, counter => counter.Read(total));
    }
}
