using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <content>What concerns traces only.</content>
internal sealed partial class TransportEngine
{
    private readonly Func<Gid, bool>? _prefixPeers;

    /// <summary>Has the messages of a queue pair traced no longer.</summary>
    public void LeaveUntraced(QueuePairContext context)
    {
        var entry = EntryOf(context);
        Pipeline.Run(entry.Shard, () =>
        {
            entry.IsUntraced = true;
            entry.Observe();
        });
    }

    // Asked on the thread of the user whose function it is.
    private bool IsPrefixAgreed(QueuePairAttributes attributes) =>
        attributes is { State: QueuePairState.ReadyToReceive, AddressVector: { } peer }
        && _prefixPeers?.Invoke(peer.DestinationGid) == true;
}
