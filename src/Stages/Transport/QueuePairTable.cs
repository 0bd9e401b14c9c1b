using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Transport;

/// <summary>
/// The queue pairs of a device by number. Readers (the shards, once a packet) take no lock and need one mask and one compare, because the
/// table hands out the numbers itself: it skips a number whose slot is taken, so no two live numbers ever share a slot. Writers are the
/// control plane, one at a time. The low bits of a number name its shard.
/// </summary>
internal sealed class QueuePairTable
{
    /// <summary>The first number handed out: the wire's special ones and those rxe keeps for itself are below (R-VERB-8).</summary>
    public const uint FirstNumber = 0x11;

    /// <summary>The largest number; 0xFFFFFF is the multicast destination (R-VERB-8).</summary>
    public const uint LastNumber = 0xFF_FFFE;

    private const int InitialSlots = 64;
    private const int SpecialNumbers = 2;

    // No packet can name these: they have a bit more than the wire.
    private const uint FirstAgent = 1 << 24;

    private readonly QueuePairEntry?[] _agents = new QueuePairEntry?[SpecialNumbers];
    private readonly QueuePairEntry?[] _special = new QueuePairEntry?[SpecialNumbers];
    private readonly int _limit;
    private readonly Lock _gate = new();
    private QueuePairEntry?[] _slots = new QueuePairEntry?[InitialSlots];
    private uint _next = FirstNumber;
    private int _count;

    /// <summary>Makes an empty table for at most <paramref name="limit"/> queue pairs.</summary>
    public QueuePairTable(int limit) => _limit = limit;

    /// <summary>How many queue pairs live.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The live entries of this moment.</summary>
    public QueuePairEntry[] Snapshot() =>
        [.. _special.OfType<QueuePairEntry>(), .. Volatile.Read(ref _slots).OfType<QueuePairEntry>()];

    /// <summary>Finds a queue pair by number; null when there is none.</summary>
    public QueuePairEntry? Find(uint number)
    {
        if (number < SpecialNumbers)
            return Volatile.Read(ref _special[number]);
        if (number >= FirstAgent)
            return FindAgent(number - FirstAgent);
        var slots = Volatile.Read(ref _slots);
        var entry = Volatile.Read(ref slots[number & (uint)(slots.Length - 1)]);
        return entry is not null && entry.Number == number ? entry : null;
    }

    /// <summary>
    /// The device's own half of queue pair 0 or 1, which takes its share of the packets before the user's; null where there is none, and
    /// for every other number. It has a number of its own, is not counted, and is in no snapshot.
    /// </summary>
    public QueuePairEntry? FindAgent(uint number) => number < SpecialNumbers ? Volatile.Read(ref _agents[number]) : null;

    /// <summary>Publishes the device's own half of queue pair 0 or 1.</summary>
    public void AddAgent(uint number, Func<uint, QueuePairEntry> create) =>
        Volatile.Write(ref _agents[number], create(FirstAgent + number));

    /// <summary>
    /// Chooses the next free number and publishes the entry that <paramref name="create"/> makes for it; false when the device's limit is
    /// reached. Numbers only grow until the 24 bits are used up, so a freed one does not come back soon (R-VERB-8).
    /// </summary>
    public bool TryAdd(Func<uint, QueuePairEntry> create, [NotNullWhen(true)] out QueuePairEntry? entry)
    {
        lock (_gate)
        {
            entry = null;
            if (_count >= _limit)
                return false;
            if (2 * (_count + 1) > _slots.Length)
                Grow();
            entry = create(TakeNumber());
            Volatile.Write(ref SlotOf(entry.Number), entry);
            _count++;
            return true;
        }
    }

    /// <summary>Publishes the entry of queue pair 0 or 1; false when there is one.</summary>
    public bool TryAddSpecial(uint number, Func<uint, QueuePairEntry> create)
    {
        lock (_gate)
        {
            if (_special[number] is not null)
                return false;
            Volatile.Write(ref _special[number], create(number));
            _count++;
            return true;
        }
    }

    /// <summary>Takes a queue pair out: packets to it are of an unknown queue pair from now on. False when it was not in.</summary>
    public bool Remove(QueuePairEntry entry)
    {
        lock (_gate)
        {
            ref var slot = ref SlotOf(entry.Number);
            if (slot != entry)
                return false;
            Volatile.Write(ref slot, null);
            _count--;
            return true;
        }
    }

    private ref QueuePairEntry? SlotOf(uint number)
    {
        if (number < SpecialNumbers)
            return ref _special[number];
        return ref _slots[number & (uint)(_slots.Length - 1)];
    }

    private uint TakeNumber()
    {
        while (_slots[_next & (uint)(_slots.Length - 1)] is not null)
            Advance();
        uint number = _next;
        Advance();
        return number;
    }

    private void Advance() => _next = _next >= LastNumber ? FirstNumber : _next + 1;

    // Numbers that differ under a smaller mask differ under a larger one: moving the entries cannot make two collide.
    private void Grow()
    {
        var larger = new QueuePairEntry?[_slots.Length * 2];
        foreach (var entry in _slots.OfType<QueuePairEntry>())
            larger[entry.Number & (uint)(larger.Length - 1)] = entry;
        Volatile.Write(ref _slots, larger);
    }
}
