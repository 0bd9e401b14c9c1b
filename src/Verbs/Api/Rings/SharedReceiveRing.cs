using System.Numerics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Verbs;

/// <summary>
/// The ring of a shared receive queue: any number of posting threads, any number of consuming shards, no locks and no allocation. A
/// receive is copied out when it is taken, so its slot is free at once, in whatever order the messages end. It can be sealed in favour of
/// a ring of another size: then it takes no more, and what is in it is taken before what is in the next.
/// </summary>
internal sealed class SharedReceiveRing
{
    private const long SealBit = 1L << 62;
    private readonly ReceiveWqe[] _slots;
    private readonly ScatterGatherEntry[] _entries;
    private readonly long[] _sequences;
    private readonly long _mask;
    private SharedReceiveRing? _previous;
    private SharedReceiveRing? _next;
    private PaddedLong _tail;
    private PaddedLong _head;

    /// <summary>Makes an empty ring.</summary>
    /// <param name="capacity">Receives that may be posted and not yet taken, those of the rings before it included.</param>
    /// <param name="maxEntries">Scatter-gather entries per receive.</param>
    /// <param name="previous">The ring that it replaces.</param>
    public SharedReceiveRing(int capacity, int maxEntries, SharedReceiveRing? previous = null)
    {
        (Capacity, MaxEntries, _previous) = (capacity, maxEntries, previous);
        // Not less than two: with one slot, "free for the next" and "published" would be the same number.
        int storage = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity));
        _mask = storage - 1;
        _slots = new ReceiveWqe[storage];
        _entries = new ScatterGatherEntry[checked(storage * maxEntries)];
        _sequences = new long[storage];
        for (int i = 0; i < storage; i++)
            _sequences[i] = i;
    }

    /// <summary>Receives that may be posted and not yet taken: exactly as many as were asked for.</summary>
    public int Capacity { get; }

    /// <summary>Scatter-gather entries per receive.</summary>
    public int MaxEntries { get; }

    /// <summary>The ring that replaces this one; null unless sealed.</summary>
    public SharedReceiveRing? Next => Volatile.Read(ref _next);

    /// <summary>Receives in it and in the rings before it, those being written included.</summary>
    public int Count
    {
        get
        {
            // Head first: read the other way round, the count could be negative.
            long head = Volatile.Read(ref _head.Value);
            int own = (int)((Volatile.Read(ref _tail.Value) & ~SealBit) - head);
            return Volatile.Read(ref _previous) is { } previous ? own + previous.Count : own;
        }
    }

    /// <summary>Sealed, and everything in it was taken: nothing will ever come out again.</summary>
    public bool IsDrained
    {
        get
        {
            long tail = Volatile.Read(ref _tail.Value);
            return (tail & SealBit) != 0 && Volatile.Read(ref _head.Value) == (tail & ~SealBit);
        }
    }

    /// <summary>Posts a receive. A release: the shard that takes it sees it whole.</summary>
    /// <param name="wqe">The receive.</param>
    /// <param name="entries">Its entries, at most <see cref="MaxEntries"/>; copied.</param>
    /// <param name="next">Where to go on when this ring is sealed; null when it is full.</param>
    /// <returns>Whether it is posted.</returns>
    public bool TryPost(in ReceiveWqe wqe, ReadOnlySpan<ScatterGatherEntry> entries, out SharedReceiveRing? next)
    {
        next = null;
        long tail = Volatile.Read(ref _tail.Value);
        while (true)
        {
            if ((tail & SealBit) != 0)
            {
                next = Next;
                return false;
            }
            // Full only if nobody posted while the head was read: else what was taken and posted in between has been counted twice.
            bool isFull = Count >= Capacity;
            long seen = isFull ? Volatile.Read(ref _tail.Value) : Interlocked.CompareExchange(ref _tail.Value, tail + 1, tail);
            if (seen == tail && isFull)
                return false;
            if (seen == tail)
                break;
            tail = seen;
        }
        WaitForConsumer(ref _sequences[tail & _mask], tail);
        _slots[tail & _mask] = wqe;
        entries.CopyTo(Entries(tail));
        Volatile.Write(ref _sequences[tail & _mask], tail + 1);
        return true;
    }

    /// <summary>Takes the oldest receive. Any shard. An acquire.</summary>
    /// <param name="entries">Where its entries go; room for <see cref="MaxEntries"/>.</param>
    /// <param name="wqe">The receive.</param>
    /// <returns>False when there is none.</returns>
    public bool TryTake(Span<ScatterGatherEntry> entries, out ReceiveWqe wqe)
    {
        long head = Volatile.Read(ref _head.Value);
        while (true)
        {
            bool isPublished = Volatile.Read(ref _sequences[head & _mask]) == head + 1;
            long seen = isPublished
                ? Interlocked.CompareExchange(ref _head.Value, head + 1, head)
                : Volatile.Read(ref _head.Value);
            if (seen == head)
            {
                wqe = isPublished ? CopyOut(head, entries) : default;
                return isPublished;
            }
            head = seen;
        }
    }

    /// <summary>Ends this ring in favour of another. Control plane only, once.</summary>
    /// <param name="next">Takes all later receives.</param>
    public void Seal(SharedReceiveRing next)
    {
        Volatile.Write(ref _next, next);
        Interlocked.Or(ref _tail.Value, SealBit);
    }

    /// <summary>Lets go of the rings before this one, which are drained.</summary>
    public void ForgetPrevious() => Volatile.Write(ref _previous, null);

    private Span<ScatterGatherEntry> Entries(long index) => _entries.AsSpan((int)(index & _mask) * MaxEntries, MaxEntries);

    private ReceiveWqe CopyOut(long index, Span<ScatterGatherEntry> entries)
    {
        ReceiveWqe wqe = _slots[index & _mask];
        Entries(index)[..wqe.EntryCount].CopyTo(entries);
        Volatile.Write(ref _sequences[index & _mask], index + _slots.Length);
        return wqe;
    }

    // There is room by count, but a shard that took the slot may still be copying a few entries out of it: that is not full.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WaitForConsumer(ref long sequence, long ticket)
    {
        SpinWait spin = default;
        while (Volatile.Read(ref sequence) != ticket)
            spin.SpinOnce(sleep1Threshold: -1);
    }
}
