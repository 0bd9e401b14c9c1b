using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>What the ends of a <see cref="MixedWorkload"/> on one device have in common, and how they are made.</summary>
internal sealed class WorkloadSide
{
    private const int MostSlots = 12;
    private const int ExtendedQueues = 2;

    private readonly WorkloadSettings _settings;
    private readonly RdmaDevice _device;
    private readonly SplitMix _random;
    private readonly ProtectionDomain? _domain;
    private readonly XrcDomain? _xrcDomain;

    public WorkloadSide(WorkloadSettings settings, RdmaDevice device, SplitMix random)
    {
        (_settings, _device, _random) = (settings, device, random);
        var depth = settings.Capabilities.MaxSendWorkRequests + settings.Capabilities.MaxReceiveWorkRequests;
        Queue = device.CreateCompletionQueue((4 * settings.Connections * depth) + (ExtendedQueues * MostSlots));
        if (settings.Receives == WorkloadReceives.Own) return;
        _domain = device.CreateProtectionDomain();
        if (settings.Receives == WorkloadReceives.Extended) _xrcDomain = device.OpenXrcDomain();
        Pools = [.. Enumerable.Range(0, _xrcDomain is null ? 1 : ExtendedQueues).Select(_ => CreatePool(_domain))];
    }

    public CompletionQueue Queue { get; }

    /// <summary>The shared receive queues; none when every queue pair has a receive queue of its own.</summary>
    public IReadOnlyList<WorkloadPool> Pools { get; } = [];

    public WorkloadEnd CreateEnd()
    {
        // The keys of XRC are checked in the domain of the queue that a request names (R-RESP-42), else in that of the queue pair.
        var domain = _xrcDomain is null ? _device.CreateProtectionDomain() : _domain!;
        var sender = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = _xrcDomain is null ? QueuePairType.ReliableConnection : QueuePairType.XrcInitiator,
            SendCompletionQueue = Queue,
            ReceiveCompletionQueue = _xrcDomain is null ? Queue : null,
            SharedReceiveQueue = _settings.Receives == WorkloadReceives.Shared ? Pools[0].Queue : null,
            Capabilities = _settings.Capabilities,
        });
        var receiver = _xrcDomain?.CreateQueuePair(new QueuePairInitAttributes { Type = QueuePairType.XrcTarget }) ?? sender;
        return new WorkloadEnd(sender, receiver, domain, new WorkloadMemory(_random.Next()), Pools);
    }

    private WorkloadPool CreatePool(ProtectionDomain domain)
    {
        var size = Math.Min(_settings.Capabilities.MaxReceiveWorkRequests, MostSlots);
        var queue = domain.CreateSharedReceiveQueue(new SharedReceiveQueueInitAttributes
        {
            Type = _xrcDomain is null ? SharedReceiveQueueType.Basic : SharedReceiveQueueType.Xrc,
            MaxWorkRequests = size,
            MaxEntries = _settings.Capabilities.MaxReceiveEntries,
            XrcDomain = _xrcDomain,
            CompletionQueue = _xrcDomain is null ? null : Queue,
        });
        return new WorkloadPool(queue, _random, _random.Between(size, MostSlots), WorkloadPlan.LargestMessage(_settings));
    }
}
