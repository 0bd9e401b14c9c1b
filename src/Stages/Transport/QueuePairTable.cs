using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Transport;

/// <summary>
/// The queue pairs of a device by number. Readers (the shards, once a packet) take no lock and need one mask and one compare, because the
/// table hands out the numbers itself: it skips a number whose slot is taken, so no two live numbers ever share a slot. Writers are the
/// control plane, one at a time. The low bits of a number name its shard and go round; the others are left to chance, so that who knows one
/// number, a peer or an earlier one, cannot tell another.
/// </summary>
internal sealed class QueuePairTable
{
    /// <summary>The least number handed out: the wire's special ones and those rxe keeps for itself are below (R-VERB-8).</summary>
    public const uint FirstNumber = 0x11;

    /// <summary>The largest number; 0xFFFFFF is the multicast destination (R-VERB-8).</summary>
    public const uint LastNumber = 0xFF_FFFE;

    private const int InitialSlots = 64;
    private const int SpecialNumbers = 2;

    /// <summary>Numbers that were freed last and are not handed out.</summary>
    private const int Resting = 256;

    /// <summary>The part of a number that goes round: as many shards as there may be.</summary>
    private const uint Round = 64 - 1;

    // No packet can name these: they have a bit more than the wire.
    private const uint FirstAgent = 1 << 24;

    private readonly Func<uint> _random;
    private readonly QueuePairEntry?[] _agents = new QueuePairEntry?[SpecialNumbers];
    private readonly QueuePairEntry?[] _special = new QueuePairEntry?[SpecialNumbers];
    private readonly int _limit;
    private readonly Lock _gate = new();
    private QueuePairEntry?[] _slots = new QueuePairEntry?[InitialSlots];
    private readonly uint[] _freed = new uint[Resting];
    private uint _round;
    private int _count;
    private uint _frees;

    /// <summary>Makes an empty table for at most <paramref name="limit"/> queue pairs.</summary>
    public QueuePairTable(int limit, Func<uint> random) => (_limit, _random, _round) = (limit, random, random());

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
    /// Chooses a free number and publishes the entry that <paramref name="create"/> makes for it; false when the device's limit is
    /// reached. A freed number rests until many others have been freed (R-VERB-8).
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
            _freed[_frees++ % Resting] = entry.Number;
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
        while (true)
        {
            uint number = (_random() & LastNumber & ~Round) | (_round++ & Round);
            if (number is >= FirstNumber and <= LastNumber && SlotOf(number) is null && !_freed.Contains(number))
                return number;
        }
    }

    // Numbers that differ under a smaller mask differ under a larger one: moving the entries cannot make two collide.
    private void Grow()
    {
        var larger = new QueuePairEntry?[_slots.Length * 2];
        foreach (var entry in _slots.OfType<QueuePairEntry>())
            larger[entry.Number & (uint)(larger.Length - 1)] = entry;
        Volatile.Write(ref _slots, larger);
    }
}
