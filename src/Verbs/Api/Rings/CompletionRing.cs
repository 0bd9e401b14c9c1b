using System.Numerics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Verbs;

/// <summary>
/// A bounded first-in first-out ring of completions: many shards push, many threads poll, no locks and no allocation. It can be sealed:
/// then it takes no more, what is in it can still be taken, and <see cref="Next"/> follows it. So a resized completion
/// queue keeps content and order (R-CQ-7).
/// </summary>
internal sealed class CompletionRing
{
    private const long SealBit = 1L << 62;
    private readonly CompletionSlot[] _slots;
    private readonly long[]? _timestamps;
    private readonly long _mask;
    private PaddedLong _tail;
    private PaddedLong _head;

    public CompletionRing(int capacity, bool hasTimestamps = false)
    {
        Capacity = capacity;
        _slots = new CompletionSlot[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity))];
        _timestamps = hasTimestamps ? new long[_slots.Length] : null;
        _mask = _slots.Length - 1;
        for (int i = 0; i < _slots.Length; i++)
            _slots[i].Sequence = i;
    }

    /// <summary>Completions it holds, exactly as asked for (R-CQ-1).</summary>
    public int Capacity { get; }

    /// <summary>The ring after this one; set before this one is sealed.</summary>
    public CompletionRing? Next { get; private set; }

    /// <summary>Completions in it, those being written included.</summary>
    public int Count
    {
        get
        {
            // Head first: read the other way round, the count could be negative.
            long head = Volatile.Read(ref _head.Value);
            return (int)((Volatile.Read(ref _tail.Value) & ~SealBit) - head);
        }
    }

    /// <summary>Completions taken so far.</summary>
    public long Taken => Volatile.Read(ref _head.Value);

    /// <summary>Sealed, and everything in it was taken: nothing will ever come out again.</summary>
    public bool IsDrained
    {
        get
        {
            long tail = Volatile.Read(ref _tail.Value);
            return (tail & SealBit) != 0 && Volatile.Read(ref _head.Value) == (tail & ~SealBit);
        }
    }

    /// <summary>Whether nothing can be taken now.</summary>
    public bool IsEmpty
    {
        get
        {
            long head = Volatile.Read(ref _head.Value);
            return Volatile.Read(ref _slots[head & _mask].Sequence) <= head;
        }
    }

    /// <summary>Appends a completion. A release: who takes it sees all that was written before (R-CQ-24).</summary>
    /// <param name="completion">What to append.</param>
    /// <param name="timestamp">When it was made; only a ring with timestamps keeps it.</param>
    /// <returns>Whether it is in; the ring itself never waits for room.</returns>
    public CompletionPush TryPush(in WorkCompletion completion, long timestamp = 0)
    {
        long tail = Volatile.Read(ref _tail.Value);
        while (true)
        {
            if ((tail & SealBit) != 0)
                return CompletionPush.Sealed;
            if (tail - Volatile.Read(ref _head.Value) >= Capacity)
                return CompletionPush.Full;
            long seen = Interlocked.CompareExchange(ref _tail.Value, tail + 1, tail);
            if (seen == tail)
                break;
            tail = seen;
        }
        ref CompletionSlot slot = ref _slots[tail & _mask];
        WaitForConsumer(ref slot, tail);
        slot.Completion = completion;
        if (_timestamps is not null)
            _timestamps[tail & _mask] = timestamp;
        Volatile.Write(ref slot.Sequence, tail + 1);
        return CompletionPush.Done;
    }

    /// <summary>Takes the oldest completions. An acquire.</summary>
    /// <param name="into">Where to.</param>
    /// <returns>How many, from 0 to the length of the span.</returns>
    public int Take(Span<WorkCompletion> into)
    {
        long head = Volatile.Read(ref _head.Value);
        while (true)
        {
            int count = PublishedFrom(head, into.Length);
            long seen = count == 0
                ? Volatile.Read(ref _head.Value)
                : Interlocked.CompareExchange(ref _head.Value, head + count, head);
            if (seen == head)
            {
                CopyOut(head, into[..count]);
                return count;
            }
            head = seen;
        }
    }

    /// <summary>Takes the oldest completion and its time. An acquire.</summary>
    /// <param name="completion">What was taken.</param>
    /// <param name="timestamp">When it was made; 0 in a ring without timestamps.</param>
    /// <returns>False when there is none.</returns>
    public bool TryTake(out WorkCompletion completion, out long timestamp)
    {
        long head = Volatile.Read(ref _head.Value);
        while (PublishedFrom(head, 1) != 0)
        {
            long seen = Interlocked.CompareExchange(ref _head.Value, head + 1, head);
            if (seen == head)
            {
                timestamp = _timestamps is null ? 0 : _timestamps[head & _mask];
                completion = default;
                CopyOut(head, new Span<WorkCompletion>(ref completion));
                return true;
            }
            head = seen;
        }
        (completion, timestamp) = (default, 0);
        return false;
    }

    /// <summary>Ends this ring in favour of another.</summary>
    /// <param name="next">Takes all later completions.</param>
    public void Seal(CompletionRing next)
    {
        Next = next;
        Interlocked.Or(ref _tail.Value, SealBit);
    }

    private int PublishedFrom(long head, int limit)
    {
        int count = 0;
        while (count < limit && Volatile.Read(ref _slots[(head + count) & _mask].Sequence) == head + count + 1)
            count++;
        return count;
    }

    private void CopyOut(long head, Span<WorkCompletion> into)
    {
        for (int i = 0; i < into.Length; i++)
        {
            ref CompletionSlot slot = ref _slots[(head + i) & _mask];
            into[i] = slot.Completion;
            Volatile.Write(ref slot.Sequence, head + i + _slots.Length);
        }
    }

    // There is room by count, but a consumer that took the slot may still be copying it out: that is no overrun.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WaitForConsumer(ref CompletionSlot slot, long ticket)
    {
        if (Volatile.Read(ref slot.Sequence) == ticket)
            return;
        SpinWait spin = default;
        while (Volatile.Read(ref slot.Sequence) != ticket)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private struct CompletionSlot
    {
        public long Sequence;
        public WorkCompletion Completion;
    }
}
