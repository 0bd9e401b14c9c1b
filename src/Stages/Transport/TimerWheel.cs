using System.Numerics;

namespace RdmaPipeline.Transport;

/// <summary>
/// A hierarchical timer wheel: 64 slots a level, a tick of 4.096 µs, one occupancy word per level, so arming, cancelling and finding the
/// next deadline take constant time and allocate nothing. An entry never fires before its deadline (R-REQ-38, R-REQ-42: "at least") and
/// at most one tick and one poll after it. The wheel belongs to its shard: only the shard's thread may call it.
/// </summary>
internal sealed class TimerWheel
{
    private const int TickShift = 12;
    private const int LevelBits = 6;
    private const int SlotsPerLevel = 1 << LevelBits;
    private const int Levels = 8;
    private const long LastTick = (1L << (LevelBits * Levels)) - 1;

    private readonly TimerEntry?[] _slots = new TimerEntry?[Levels * SlotsPerLevel];
    private readonly ulong[] _occupied = new ulong[Levels];
    private long _tick;

    /// <summary>The time a wheel answers when nothing is armed.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Makes a wheel that stands at a time, in nanoseconds.</summary>
    public TimerWheel(long now) => _tick = now >> TickShift;

    /// <summary>
    /// A time in nanoseconds at which <see cref="TakeDue"/> has something to do: exact to a tick for the coming 262 µs, earlier than the
    /// real deadline beyond (entries then move to a finer level); <see cref="Never"/> when nothing is armed.
    /// </summary>
    public long NextDeadline
    {
        get
        {
            int level = FirstOccupiedLevel();
            return level < 0 ? Never : SlotStart(level, FirstSlot(level)) << TickShift;
        }
    }

    /// <summary>Arms an entry for a deadline, moving it when it was armed for another one.</summary>
    public void Arm(TimerEntry entry, long deadline)
    {
        // Rounded up: a deadline inside a tick fires at the tick's end, never before it.
        long tick = Math.Min(((deadline - 1) >> TickShift) + 1, LastTick);
        tick = Math.Max(tick, _tick + 1);
        if (entry.IsArmed)
        {
            if (entry.Tick == tick)
                return;
            Cancel(entry);
        }
        entry.Tick = tick;
        Link(entry);
    }

    /// <summary>Disarms an entry; harmless when it is not armed.</summary>
    public void Cancel(TimerEntry entry)
    {
        if (!entry.IsArmed)
            return;
        int index = entry.Level * SlotsPerLevel + entry.Slot;
        if (entry.Previous is null)
            _slots[index] = entry.Next;
        else
            entry.Previous.Next = entry.Next;
        if (entry.Next is not null)
            entry.Next.Previous = entry.Previous;
        if (_slots[index] is null)
            _occupied[entry.Level] &= ~(1UL << entry.Slot);
        entry.Next = entry.Previous = null;
        entry.Level = TimerEntry.Unlinked;
    }

    /// <summary>Takes one entry whose deadline has come, disarmed; false when none is due at this time.</summary>
    public bool TakeDue(long now, out TimerEntry entry)
    {
        long target = now >> TickShift;
        for (int level = FirstOccupiedLevel(); level >= 0; level = FirstOccupiedLevel())
        {
            int slot = FirstSlot(level);
            long start = SlotStart(level, slot);
            if (start > target)
                break;
            _tick = Math.Max(_tick, start);
            if (level == 0)
            {
                entry = _slots[slot]!;
                Cancel(entry);
                return true;
            }
            Cascade(level, slot);
        }
        _tick = Math.Max(_tick, target);
        entry = null!;
        return false;
    }

    private void Cascade(int level, int slot)
    {
        while (_slots[level * SlotsPerLevel + slot] is { } entry)
        {
            Cancel(entry);
            Link(entry);
        }
    }

    // The level is the highest 6-bit digit in which the entry's tick differs from the wheel's: all entries of a level lie in slots ahead
    // of the wheel's digit, and everything on a level comes before everything on the next.
    private void Link(TimerEntry entry)
    {
        long difference = entry.Tick ^ _tick;
        int level = difference == 0 ? 0 : (63 - BitOperations.LeadingZeroCount((ulong)difference)) / LevelBits;
        int slot = (int)(entry.Tick >> (level * LevelBits)) & (SlotsPerLevel - 1);
        int index = level * SlotsPerLevel + slot;
        entry.Level = (short)level;
        entry.Slot = (byte)slot;
        entry.Next = _slots[index];
        if (entry.Next is not null)
            entry.Next.Previous = entry;
        _slots[index] = entry;
        _occupied[level] |= 1UL << slot;
    }

    private int FirstOccupiedLevel()
    {
        for (int level = 0; level < Levels; level++)
        {
            if (_occupied[level] != 0)
                return level;
        }
        return -1;
    }

    private int FirstSlot(int level) => BitOperations.TrailingZeroCount(_occupied[level]);

    private long SlotStart(int level, int slot)
    {
        int shift = level * LevelBits;
        long block = _tick >> (shift + LevelBits) << (shift + LevelBits);
        return block + ((long)slot << shift);
    }
}
