using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>
/// A bounded queue of bursts for many senders and one receiver, without locks: each slot carries the ticket that may use it next. Takers
/// may race too, because a sender that finds the ring closed helps to empty it.
/// </summary>
internal sealed class BurstRing
{
    private readonly Slot[] _slots;
    private readonly int _mask;
    private PaddedTicket _head;
    private PaddedTicket _tail;

    /// <param name="capacity">Bursts; a power of two.</param>
    public BurstRing(int capacity)
    {
        _slots = new Slot[capacity];
        _mask = capacity - 1;
        for (var i = 0; i < capacity; i++)
            _slots[i].Ticket = i;
    }

    public int Capacity => _slots.Length;

    /// <summary>Whether nothing can be taken now.</summary>
    public bool IsEmpty
    {
        get
        {
            var head = Volatile.Read(ref _head.Value);
            return Volatile.Read(ref _slots[head & _mask].Ticket) - (head + 1) < 0;
        }
    }

    public bool TryAdd(PacketBurst burst)
    {
        while (true)
        {
            var tail = Volatile.Read(ref _tail.Value);
            ref var slot = ref _slots[tail & _mask];
            var distance = Volatile.Read(ref slot.Ticket) - tail;
            if (distance < 0)
                return false;
            if (distance > 0 || Interlocked.CompareExchange(ref _tail.Value, tail + 1, tail) != tail)
                continue;
            slot.Burst = burst;
            Volatile.Write(ref slot.Ticket, tail + 1);
            return true;
        }
    }

    public PacketBurst? TryTake()
    {
        while (true)
        {
            var head = Volatile.Read(ref _head.Value);
            ref var slot = ref _slots[head & _mask];
            var distance = Volatile.Read(ref slot.Ticket) - (head + 1);
            if (distance < 0)
                return null;
            if (distance > 0 || Interlocked.CompareExchange(ref _head.Value, head + 1, head) != head)
                continue;
            var burst = slot.Burst;
            slot.Burst = null;
            Volatile.Write(ref slot.Ticket, head + _slots.Length);
            return burst;
        }
    }

    private struct Slot
    {
        public long Ticket;
        public PacketBurst? Burst;
    }
}
