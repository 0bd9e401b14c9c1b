using RdmaPipeline.Backends;
using RdmaPipeline.Protocol;

namespace RdmaPipeline.Transport;

/// <summary>
/// The counters of a device under the names that Linux Soft-RoCE gives them: sums over all queue pairs, those destroyed included, so that
/// they only grow.
/// </summary>
internal sealed class HardwareCounters
{
    private static readonly (string Name, Func<QueuePairCounters, long> Read)[] PerQueuePair =
    [
        ("sent_pkts", static c => c.SentRequests + c.SentResponses),
        ("rcvd_pkts", static c => c.ReceivedRequests + c.ReceivedResponses),
        ("duplicate_request", static c => c.DuplicateRequest),
        ("out_of_seq_request", static c => c.OutOfSequenceRequest),
        ("rcvd_rnr_err", static c => c.ReceivedRnr),
        ("send_rnr_err", static c => c.SentRnr),
        ("rcvd_seq_err", static c => c.ReceivedSequenceError),
        ("ack_deferred", static c => c.AckDeferred),
        ("retry_exceeded_err", static c => c.RetryExceeded),
        ("retry_rnr_exceeded_err", static c => c.RnrRetryExceeded),
        ("completer_retry_err", static c => c.Retries),
        ("rdma_sends", static c => c.RdmaSends),
        ("rdma_recvs", static c => c.RdmaReceives),
    ];

    private readonly Lock _gate = new();
    private readonly HashSet<QueuePairCounters> _live = [];
    private readonly long[] _closed = new long[PerQueuePair.Length];

    /// <summary>Takes in the counters of a new queue pair.</summary>
    public void Add(QueuePairCounters counters)
    {
        lock (_gate)
            _live.Add(counters);
    }

    /// <summary>Keeps what a queue pair counted in its life; once, after its last packet.</summary>
    public void Fold(QueuePairCounters counters)
    {
        lock (_gate)
        {
            if (!_live.Remove(counters))
                return;
            for (int i = 0; i < _closed.Length; i++)
                _closed[i] += PerQueuePair[i].Read(counters);
        }
    }

    /// <summary>The sums of this moment, by name.</summary>
    public IReadOnlyDictionary<string, long> Read(BackendCounters backend, long linkDowns)
    {
        var sums = new Dictionary<string, long>(PerQueuePair.Length + 2);
        lock (_gate)
        {
            for (int i = 0; i < _closed.Length; i++)
                sums[PerQueuePair[i].Name] = _closed[i] + _live.Sum(PerQueuePair[i].Read);
        }
        sums["send_err"] = backend.Sent.Errors;
        sums["link_downed"] = linkDowns;
        return sums;
    }
}
