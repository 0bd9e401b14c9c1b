namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>A queue pair at one moment.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Type"><c>RC</c>, <c>UC</c>, <c>UD</c>, <c>XRC_INI</c>, <c>XRC_TGT</c>, <c>GSI</c> or <c>SMI</c>.</param>
/// <param name="State"><c>RESET</c>, <c>INIT</c>, <c>RTR</c>, <c>RTS</c>, <c>SQD</c>, <c>SQE</c> or <c>ERR</c>.</param>
/// <param name="PeerNumber">The peer's number; null where there is no one peer.</param>
/// <param name="Peer">The peer's GID; null while there is no path.</param>
/// <param name="Shard">The shard that owns it.</param>
/// <param name="PendingSends">Sends posted and not yet done.</param>
/// <param name="PendingReceives">Receives posted and not yet used.</param>
/// <param name="SentPackets">Packets built, retransmissions included.</param>
/// <param name="ReceivedPackets">Packets taken in.</param>
/// <param name="Retransmitted">Request packets sent again.</param>
public sealed record QueuePairSnapshot(
    uint Number,
    string Type,
    string State,
    uint? PeerNumber,
    string? Peer,
    int Shard,
    long PendingSends,
    long PendingReceives,
    long SentPackets,
    long ReceivedPackets,
    long Retransmitted)
{
    /// <summary>Packets built per second, since the observer's last look.</summary>
    public double SentPerSecond { get; init; }

    /// <summary>Packets taken in per second, since the observer's last look.</summary>
    public double ReceivedPerSecond { get; init; }
}
