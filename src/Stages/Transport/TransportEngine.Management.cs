using RdmaPipeline.Backends;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <content>The device's own halves of the special queue pairs.</content>
internal sealed partial class TransportEngine
{
    private readonly bool _answersManagement;

    /// <summary>What a subnet manager changes without anybody waiting: a shard never waits for another.</summary>
    private void SetPkeySoon(int index, ushort pkey)
    {
        _port.SetPkey(index, pkey);
        foreach (var entry in _table.Snapshot())
            Pipeline.Post(entry.Shard, entry.Machine.ReloadPartitionKey);
    }

    // R-BE-6, R-BE-53: only where the back-end announces it. Queue pair 0 exists on native links only.
    private void AddManagementAgents(RdmaDevice device)
    {
        if (!_answersManagement || (Backend.Description.Capabilities & BackendCapabilities.Management) == 0)
            return;
        var port = new ManagedPort(device, _port, SetPkeySoon, reason => Pipeline.Dropped(reason) + Backend.Counters.Dropped(reason));
        foreach (var type in new[] { QueuePairType.Smi, QueuePairType.Gsi })
        {
            if (!Supports(type))
                continue;
            var service = new ManagementService((uint)type, Backend.ManagementAgents, port);
            _table.AddAgent((uint)type, number => CreateAgent(number, type, service));
        }
    }

    private QueuePairEntry CreateAgent(uint number, QueuePairType type, ManagementService service)
    {
        var context = new QueuePairContext
        {
            Type = type,
            Number = number,
            SignalAll = false,
            Caps = new QueuePairCapabilities(),
            ProtectionDomain = 0,
            SendCq = null!,
            ReceiveCq = null!,
            SendRing = new SendQueueRing(1, 1, 0),
            ReceiveRing = new ReceiveQueueRing(1, 1),
        };
        var shard = Pipeline.Shards[(int)(number & (uint)(Pipeline.Shards.Count - 1))];
        var entry = new QueuePairEntry(context, shard, _device!, _port, _paths, _options, service);
        _measures.QueuePairs.Add(entry);
        return entry;
    }
}
