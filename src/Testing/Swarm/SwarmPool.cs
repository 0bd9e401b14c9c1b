using RdmaPipeline.Testing.Model;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>Receives of one queue, own or shared: slots of memory that are posted over and over.</summary>
internal sealed class SwarmPool
{
    private const int MostSlots = 12;

    private readonly SwarmDevice _device;
    private readonly SwarmArena _arena;
    private readonly ModelReceiveQueue _model;
    private readonly QueuePair? _owner;
    private readonly Dictionary<ulong, int> _slots = [];
    private ulong _next = SwarmEnd.ReceiveBit;
    private int _posting;

    /// <summary>A shared receive queue.</summary>
    public SwarmPool(SwarmDevice device, bool isExtended)
    {
        (_device, IsExtended) = (device, isExtended);
        Queue = device.Domain.CreateSharedReceiveQueue(new SharedReceiveQueueInitAttributes
        {
            Type = isExtended ? SharedReceiveQueueType.Xrc : SharedReceiveQueueType.Basic,
            MaxWorkRequests = device.Plan.Capabilities.MaxReceiveWorkRequests,
            MaxEntries = device.Plan.Capabilities.MaxReceiveEntries,
            XrcDomain = isExtended ? device.Extended : null,
            CompletionQueue = isExtended ? device.ReceiveQueue : null,
        });
        _model = new ModelReceiveQueue(device.Model, Queue);
        _arena = CreateArena(header: 0);
    }

    /// <summary>The receive queue of a queue pair.</summary>
    public SwarmPool(SwarmDevice device, ModelQueuePair owner)
    {
        (_device, _owner, _model) = (device, owner.QueuePair, owner.Receives!);
        _arena = CreateArena(owner.QueuePair.Type == QueuePairType.UnreliableDatagram ? GlobalRouteHeader.Length : 0);
    }

    public bool IsExtended { get; }

    public SharedReceiveQueue? Queue { get; }

    public ModelReceiveQueue Model => _model;

    /// <summary>
    /// Receives that were posted in all, with one that is just being posted: a queue pair in ERR flushes it before the call returns
    /// (R-CQ-19), and answers that it still owes may grant it meanwhile (R-RESP-35).
    /// </summary>
    public int Posted => _model.Posted + _posting;

    /// <summary>Posts a free slot.</summary>
    /// <param name="isBad">With a key that is none.</param>
    /// <returns>False when none is free, or the queue is full or closed.</returns>
    public bool Post(bool isBad = false)
    {
        if (_owner is not null && _owner.State is QueuePairState.Reset) return false;
        if (!_arena.TryTake(out var slot)) return false;
        var entries = _arena.Split(slot * _arena.SlotLength, _arena.SlotLength, _device.Plan.Capabilities.MaxReceiveEntries);
        if (isBad) entries[0] = entries[0] with { LocalKey = entries[0].LocalKey ^ SwarmMischief.NoSuchKey };
        var request = new ReceiveWorkRequest { WorkRequestId = _next, Entries = entries };
        _posting = 1;
        var isPosted = Queue is not null ? Queue.TryPostReceive(request) : _owner!.TryPostReceive(request);
        _posting = 0;
        if (!isPosted)
        {
            _arena.Return(slot);
            return false;
        }

        _slots[_next++] = slot;
        _model.Post(request);
        return true;
    }

    /// <summary>A receive has completed.</summary>
    public void Complete(ulong id)
    {
        if (_slots.Remove(id, out var slot)) _arena.Return(slot);
    }

    private SwarmArena CreateArena(int header) =>
        new(_device, MostSlots, _device.Plan.LargestMessage + header, AccessFlags.LocalWrite);
}
