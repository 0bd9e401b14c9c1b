using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>
/// The keys that the packets of a capture carry. Which keys a receiver has is nowhere to be seen; but who uses another than most do will
/// not be heard.
/// </summary>
internal sealed class KeyCensus
{
    // The other bit says whether a member is a full one, of whom there must be one.
    private const uint Partition = 0x7FFF;

    private readonly Dictionary<(string End, uint QueuePair, bool IsQueueKey), Dictionary<uint, int>> _keys = [];

    public KeyCensus(IEnumerable<CapturedTransport> packets)
    {
        foreach (var packet in packets)
        {
            Count(packet, isQueueKey: false, packet.PartitionKey & Partition);
            if (packet.QueueKey is { } key)
                Count(packet, isQueueKey: true, key);
        }
    }

    /// <summary>Why the receiver of a packet will probably drop it; null when nothing speaks for that.</summary>
    public MessageLoss? Judge(CapturedTransport packet)
    {
        if (MostUsed(packet, isQueueKey: false, packet.PartitionKey & Partition) is { } partition)
        {
            return new MessageLoss(packet, packet.Psn, DropReason.BadPkey, null, IsCertain: false,
                $"its P_Key is 0x{packet.PartitionKey:x4}, of others 0x{partition:x4} (without the bit of full members)");
        }
        if (packet.QueueKey is { } key && MostUsed(packet, isQueueKey: true, key) is { } other)
        {
            return new MessageLoss(packet, packet.Psn, DropReason.BadQkey, null, IsCertain: false,
                $"its Q_Key is 0x{key:x}, of others to this queue pair 0x{other:x}");
        }
        return null;
    }

    private void Count(CapturedTransport packet, bool isQueueKey, uint key)
    {
        var end = (packet.Destination, packet.QueuePair, isQueueKey);
        if (!_keys.TryGetValue(end, out var counts))
            _keys[end] = counts = [];
        counts[key] = counts.GetValueOrDefault(key) + 1;
    }

    // Null where that is the key itself.
    private uint? MostUsed(CapturedTransport packet, bool isQueueKey, uint key)
    {
        var counts = _keys[(packet.Destination, packet.QueuePair, isQueueKey)];
        var most = counts.MaxBy(count => count.Value);
        return most.Value > counts[key] ? most.Key : null;
    }
}
