using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline;

/// <summary>A live view of a device's pipeline: its graph, and what was counted. Any thread; also after the device was closed.</summary>
public sealed class DevicePipeline
{
    private readonly TransportEngine _engine;

    internal DevicePipeline(TransportEngine engine) => _engine = engine;

    /// <summary>The back-end's name, addresses and abilities.</summary>
    public BackendDescription Backend => _engine.Backend.Description;

    /// <summary>What the back-end counted: packets, bytes, system calls, ICRC verdicts, drops.</summary>
    public BackendCounters BackendCounters => _engine.Backend.Counters;

    /// <summary>
    /// The counters of Linux Soft-RoCE by their names there (sent_pkts, rcvd_pkts, duplicate_request …), summed over all queue
    /// pairs of the device's life.
    /// </summary>
    public IReadOnlyDictionary<string, long> HardwareCounters => _engine.ReadCounters();

    /// <summary>
    /// The counters of mlx5 adapters by their names there (rx_write_requests, local_ack_timeout_err …), those that apply to this transport:
    /// none of congestion notification, adaptive retransmission and dynamic connections. rdma_tx_bytes and rdma_rx_bytes are bytes of
    /// whole frames.
    /// </summary>
    public IReadOnlyDictionary<string, long> AdapterCounters => _engine.ReadAdapterCounters();

    /// <summary>
    /// Packets that were dropped, by the name of the reason (bad_qkey, out_of_sequence …), by the stages and by the back-end together.
    /// All reasons there are, those that never occurred with 0.
    /// </summary>
    public IReadOnlyDictionary<string, long> DroppedPackets => Enum.GetValues<DropReason>().Where(reason => reason != DropReason.None)
        .ToDictionary(DropReasons.Name, reason => _engine.Pipeline.Dropped(reason) + _engine.Backend.Counters.Dropped(reason));

    /// <summary>Bursts rented and not yet returned: 0 when the device is at rest; a device that is closed must leave none.</summary>
    public int OutstandingBursts => _engine.Pipeline.OutstandingBursts;

    /// <summary>The queue pairs of this moment, those for special services first. Nothing is asked of the shards for it.</summary>
    public IReadOnlyList<QueuePairSummary> QueuePairs => _engine.SummarizeQueuePairs();

    /// <summary>Sends posted to any queue pair and not yet done.</summary>
    public long PendingSends => _engine.PendingSends;

    /// <summary>Whether a stage has failed: then the device can only be closed.</summary>
    public bool HasFailed => _engine.Pipeline.HasFailed;

    /// <summary>The graph of this moment with the counters of every stage and edge; prints itself as Mermaid, DOT or JSON.</summary>
    public StageGraphDescriptor Describe() => _engine.Pipeline.Graph.Describe();

    /// <summary>The description of the graph of this moment: what an edit starts from.</summary>
    public StageGraphSpec<PacketBurst> Spec => _engine.Pipeline.Graph.Spec;

    /// <summary>How the graph was built, the changes since and attempts at them, oldest first; the last 100 are kept.</summary>
    public IReadOnlyList<GraphRevision> Revisions => _engine.Pipeline.Graph.Revisions;

    /// <summary>
    /// Changes the graph while the device works: stages put in, taken out, replaced, sizes, ways, preset
    /// (<see cref="GraphEditing.WithPreset"/>), drivers (<see cref="StageGraphSpec{T}.Drive"/>); the number of shards stays. No packet is
    /// lost or reordered by it, also of services that repeat nothing. The device's own stages may be replaced but have to be there.
    /// </summary>
    /// <inheritdoc cref="StageGraph{T}.ReconfigureAsync" path="/param"/>
    /// <inheritdoc cref="StageGraph{T}.ReconfigureAsync" path="/returns"/>
    /// <inheritdoc cref="StageGraph{T}.ReconfigureAsync" path="/exception"/>
    public Task<GraphRevision> ReconfigureAsync(
        Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> edit, TimeSpan? timeout = null,
        CancellationToken cancellationToken = default) =>
        _engine.Pipeline.Graph.ReconfigureAsync(edit, timeout, cancellationToken);

    /// <inheritdoc cref="StageGraph{T}.RollbackAsync"/>
    public Task<GraphRevision> RollbackAsync(
        long? revision = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _engine.Pipeline.Graph.RollbackAsync(revision, timeout, cancellationToken);

    /// <summary>
    /// Checks that no item was lost unaccounted: of an edge, produced = consumed + queued; of a stage, consumed + created = produced +
    /// ended + dropped. Exact while the device is at rest.
    /// </summary>
    /// <returns>The violations; none when the laws hold.</returns>
    public IReadOnlyList<LawViolation> CheckLaws() => GraphLaws.Check(_engine.Pipeline.Graph);

    /// <summary>The shards of the device. For simulations.</summary>
    internal IEnumerable<ShardScheduler> Schedulers => _engine.Pipeline.Shards.Select(shard => shard.Scheduler);

    /// <summary>When a timer of the device is next due, on its clock; <see cref="long.MaxValue"/> when none is. For simulations.</summary>
    internal long NextDeadlineNanoseconds => _engine.Pipeline.Shards.Min(shard => shard.NextDeadlineNanoseconds);

    /// <summary>Breaks a queue pair as a fault outside the protocol does. For simulations.</summary>
    internal void Fail(QueuePair queuePair) => _engine.Fail(queuePair.Context);
}
