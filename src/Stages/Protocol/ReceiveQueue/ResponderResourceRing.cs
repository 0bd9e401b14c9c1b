using System.Numerics;
using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// The last READs, atomics, ATOMIC WRITEs and FLUSHes of a queue pair in PSN order, for answering and replay (R-RESP-21).
/// It holds max_dest_rd_atomic rounded up to a power of two, because Soft-RoCE rounds its initiator depth up in the same way
/// and would have its legal requests refused otherwise. There is always one, for FLUSH, which that limit does not count.
/// </summary>
internal sealed class ResponderResourceRing
{
    private ResponderResource[] _slots = new ResponderResource[1];
    private long _head;
    private long _oldestOwed;
    private int _owed;

    /// <summary>READs and atomics that are still to be answered.</summary>
    public int OwedCount => _owed;

    /// <summary>
    /// Whether one more request can be taken: a slot whose first answer is still going out may not be recycled,
    /// a replay may (a requester that issues a new request no longer waits for one so old).
    /// </summary>
    public bool HasRoom
    {
        get
        {
            ref var slot = ref Slot(_head);
            return !slot.IsOwed || slot.IsReplay;
        }
    }

    /// <summary>Whether one of the slots is taken by a FLUSH that is still to be answered.</summary>
    public bool OwesFlush
    {
        get
        {
            foreach (ref readonly var slot in _slots.AsSpan())
                if (slot.IsOwed && slot.Kind == ResponderResourceKind.Flush) return true;
            return false;
        }
    }

    /// <summary>
    /// Changes the depth and keeps the newest requests: the peer may still wait for an answer, or ask again for one.
    /// A ring that owes more than the new depth stays as large as that needs. Allocates, so only when the queue pair is configured.
    /// </summary>
    /// <param name="depth">max_dest_rd_atomic, 0 for none.</param>
    public void Resize(int depth)
    {
        var needed = Math.Max(Math.Max(depth, 1), _owed == 0 ? 0 : (int)(_head - OldestOwed));
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)needed);
        if (capacity == _slots.Length) return;
        var old = _slots;
        _slots = new ResponderResource[capacity];
        for (var position = _head - 1; position >= 0 && position >= _head - Math.Min(old.Length, capacity); position--)
            Slot(position) = old[position & (old.Length - 1)];
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        (_head, _oldestOwed, _owed) = (0, 0, 0);
    }

    /// <summary>Recycles the oldest slot for a new request, which is owed an answer from its first PSN.</summary>
    public ref ResponderResource Add()
    {
        ref var slot = ref Slot(_head);
        if (slot.IsOwed) Finish(_head - _slots.Length);
        _head++;
        _owed++;
        slot = default;
        return ref slot;
    }

    /// <summary>The slot at a position that <see cref="Find"/> or <see cref="OldestOwed"/> gave.</summary>
    public ref ResponderResource this[long position] => ref Slot(position);

    /// <summary>The position of the request that consumed a PSN, or −1 when it is no longer (or never was) remembered.</summary>
    public long Find(Psn psn)
    {
        for (var position = _head - 1; position >= 0 && position >= _head - _slots.Length; position--)
        {
            if (Slot(position).Holds(psn)) return position;
        }

        return -1;
    }

    /// <summary>The position of the oldest request that is owed an answer. Only when <see cref="OwedCount"/> is not 0.</summary>
    public long OldestOwed
    {
        get
        {
            // A position that was recycled would name the slot of a younger request.
            _oldestOwed = Math.Max(_oldestOwed, _head - _slots.Length);
            while (_oldestOwed < _head && !Slot(_oldestOwed).IsOwed) _oldestOwed++;
            Invariant.That(_oldestOwed < _head, "An answer is counted as owed, but no slot owes one.");
            return _oldestOwed;
        }
    }

    /// <summary>Marks an answered request as owed once more.</summary>
    public void Replay(long position, Psn from, ulong address = 0, uint length = 0)
    {
        ref var slot = ref Slot(position);
        if (!slot.IsOwed)
        {
            slot.IsReplay = true;
            if (_owed++ == 0 || position < _oldestOwed) _oldestOwed = position;
        }

        slot.Answer(from, address, length);
    }

    /// <summary>Notes that a request has been answered in full, or that its replay is given up.</summary>
    public void Finish(long position)
    {
        ref var slot = ref Slot(position);
        slot.IsOwed = false;
        _owed--;
    }

    private ref ResponderResource Slot(long position) => ref _slots[position & (_slots.Length - 1)];
}
