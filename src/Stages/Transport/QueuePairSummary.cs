using RdmaPipeline.Verbs;

namespace RdmaPipeline;

/// <summary>A queue pair at one moment, for those who watch. Each value is whole; values of one moment need not belong together.</summary>
/// <param name="Number">Its number, 24 bits.</param>
/// <param name="Type">The transport service.</param>
/// <param name="State">Its state.</param>
/// <param name="PeerNumber">The peer's queue pair number; null where it is not connected to one peer.</param>
/// <param name="Peer">Where the peer is; null while there is no path.</param>
/// <param name="Shard">The shard that owns it.</param>
/// <param name="PendingSends">Sends posted and not yet done.</param>
/// <param name="PendingReceives">Receives posted to its own queue and not yet used.</param>
/// <param name="SentPackets">Requests and responses built, retransmissions included.</param>
/// <param name="ReceivedPackets">Requests and responses taken in, dropped ones included.</param>
/// <param name="Retransmitted">Request packets sent again.</param>
public sealed record QueuePairSummary(
    uint Number,
    QueuePairType Type,
    QueuePairState State,
    uint? PeerNumber,
    Gid? Peer,
    int Shard,
    long PendingSends,
    long PendingReceives,
    long SentPackets,
    long ReceivedPackets,
    long Retransmitted);
