namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>A device at one moment.</summary>
/// <param name="Name">Its name, as in metrics: <c>udp/192.0.2.1</c>.</param>
/// <param name="Service">The name it was registered under in a service; null elsewhere.</param>
/// <param name="Backend">The kind of its back-end: <c>mem</c> or <c>udp</c>.</param>
/// <param name="PortState">The port: <c>Active</c>, <c>Down</c>, …</param>
/// <param name="MtuBytes">The MTU in force.</param>
/// <param name="HasFailed">A stage has thrown: the device can only be closed.</param>
/// <param name="OutstandingBursts">Bursts on their way.</param>
/// <param name="PendingSends">Sends posted and not yet done, of all queue pairs.</param>
/// <param name="Graph">The graph of stages.</param>
/// <param name="Sent">What left by the back-end.</param>
/// <param name="Received">What came in by it.</param>
/// <param name="QueuePairCount">How many queue pairs there are.</param>
/// <param name="QueuePairs">The first <see cref="MaxQueuePairs"/> of them: those that have failed, then the busiest.</param>
/// <param name="Counters">The counters of Linux Soft-RoCE by their names there.</param>
/// <param name="AdapterCounters">Those of mlx5 adapters.</param>
/// <param name="Dropped">Packets dropped, by reason; reasons with none are left out.</param>
public sealed record DeviceSnapshot(
    string Name,
    string? Service,
    string Backend,
    string PortState,
    int MtuBytes,
    bool HasFailed,
    int OutstandingBursts,
    long PendingSends,
    GraphSnapshot Graph,
    TrafficSnapshot Sent,
    TrafficSnapshot Received,
    int QueuePairCount,
    IReadOnlyList<QueuePairSnapshot> QueuePairs,
    IReadOnlyDictionary<string, long> Counters,
    IReadOnlyDictionary<string, long> AdapterCounters,
    IReadOnlyDictionary<string, long> Dropped)
{
    /// <summary>Queue pairs that a snapshot lists, so that its size is bounded.</summary>
    public const int MaxQueuePairs = 256;
}
