using System.Numerics;

namespace RdmaPipeline.Verbs;

/// <summary>
/// A bounded ring of work requests: any number of posting threads, one consuming shard, no locks and no allocation.
/// A producer reserves a ticket, fills the slot, publishes it; the consumer reads published slots in ticket order and retires them.
/// Indices grow for ever; the slot is the index modulo the storage.
/// </summary>
/// <typeparam name="TWqe">What a slot holds.</typeparam>
internal abstract class WorkQueueRing<TWqe>
    where TWqe : struct
{
    private readonly TWqe[] _slots;
    private readonly ScatterGatherEntry[] _entries;
    private readonly long[] _published;
    private readonly long _mask;
    private PaddedLong _tail;
    private PaddedLong _retired;

    private protected WorkQueueRing(int capacity, int maxEntries)
    {
        Capacity = capacity;
        MaxEntries = maxEntries;
        int storage = StorageFor(capacity);
        _mask = storage - 1;
        _slots = new TWqe[storage];
        _published = new long[storage];
        _entries = new ScatterGatherEntry[checked(storage * maxEntries)];
    }

    /// <summary>Work requests that may be posted and not yet retired: exactly as many as were asked for (R-VERB-9).</summary>
    public int Capacity { get; }

    /// <summary>Scatter-gather entries per slot.</summary>
    public int MaxEntries { get; }

    /// <summary>The index the next reservation will get.</summary>
    public long Tail => Volatile.Read(ref _tail.Value);

    /// <summary>All indices below are retired: their slots belong to the producers again.</summary>
    public long Retired => Volatile.Read(ref _retired.Value);

    /// <summary>Takes a ticket. Any thread.</summary>
    /// <param name="index">The ticket: fill its slot and publish it at once, with nothing in between that could throw.</param>
    /// <returns>False when the ring is full.</returns>
    public bool TryReserve(out long index)
    {
        index = Volatile.Read(ref _tail.Value);
        while (index - Volatile.Read(ref _retired.Value) < Capacity)
        {
            long seen = Interlocked.CompareExchange(ref _tail.Value, index + 1, index);
            if (seen == index)
                return true;
            index = seen;
        }
        return false;
    }

    /// <summary>The slot of an index that was reserved (producer) or is published (consumer).</summary>
    /// <param name="index">The ticket.</param>
    /// <returns>The slot in place.</returns>
    public ref TWqe Slot(long index) => ref _slots[index & _mask];

    /// <summary>Room for the <see cref="MaxEntries"/> scatter-gather entries of an index; the slot says how many are in use.</summary>
    /// <param name="index">The ticket.</param>
    /// <returns>The entries in place.</returns>
    public Span<ScatterGatherEntry> Entries(long index) => _entries.AsSpan((int)(index & _mask) * MaxEntries, MaxEntries);

    /// <summary>Hands a filled slot to the consumer. A release: the consumer that sees it sees the whole slot.</summary>
    /// <param name="index">The ticket.</param>
    public void Publish(long index) => Volatile.Write(ref _published[index & _mask], index + 1);

    /// <summary>Whether an index may be consumed. An index behind an unpublished one must wait for it.</summary>
    /// <param name="index">Any index not yet retired.</param>
    /// <returns>True when the slot is filled.</returns>
    public bool IsPublished(long index) => Volatile.Read(ref _published[index & _mask]) == index + 1;

    /// <summary>Gives slots back to the producers. Consumer only.</summary>
    /// <param name="upToExclusive">All below are done; never goes back.</param>
    public void Retire(long upToExclusive) => Volatile.Write(ref _retired.Value, upToExclusive);

    /// <summary>
    /// Discards everything posted (R-REQ-53, R-CQ-22). Consumer only: on entering RESET, and once more on leaving it, for a
    /// thread that had passed its check of the state before. Afterwards the consumer goes on at <see cref="Retired"/>.
    /// </summary>
    public void Reset()
    {
        long end = Volatile.Read(ref _tail.Value);
        for (long index = Volatile.Read(ref _retired.Value); index < end; index++)
            WaitForProducer(index);
        Retire(end);
    }

    private protected static int StorageFor(int capacity) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity));

    private protected long SlotIndex(long index) => index & _mask;

    // A producer between its reservation and its publication only copies a few bytes; the slot must not be handed out meanwhile.
    private void WaitForProducer(long index)
    {
        SpinWait spin = default;
        while (!IsPublished(index))
            spin.SpinOnce(sleep1Threshold: -1);
    }
}
