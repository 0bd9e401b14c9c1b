using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>How long a queue pair is held up, by what holds it. Written by the owning shard; anyone may call <see cref="Read"/>.</summary>
internal struct SendHoldClock
{
    private const long Stopped = 0;

    // One more than the time it runs from, so that nothing has to be set for it to stand.
    private long _since;
    private SendHold _hold;

    /// <summary>Whether anything holds it up.</summary>
    public readonly bool IsRunning => _hold != SendHold.None;

    /// <summary>From now on it is held up by this.</summary>
    public void Hold(SendHold hold, Instant now, QueuePairCounters counters)
    {
        Advance(now, counters);
        Volatile.Write(ref _since, Stopped);
        _hold = hold;
        if (hold != SendHold.None) Volatile.Write(ref _since, now.Nanoseconds + 1);
    }

    /// <summary>Accounts for the time up to now. Called with every input, so that what ends the hold without a time loses none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(Instant now, QueuePairCounters counters)
    {
        if (_since != Stopped) Account(now, counters);
    }

    /// <summary>Nothing is to be sent any more.</summary>
    public void Stop()
    {
        Volatile.Write(ref _since, Stopped);
        _hold = SendHold.None;
    }

    /// <summary>Any thread: the time so far, with that of a hold of now.</summary>
    public long Read(SendHold hold, Instant now, QueuePairCounters counters)
    {
        while (true)
        {
            var since = Volatile.Read(ref _since);
            var running = since != Stopped && _hold == hold ? Math.Max(0, now.Nanoseconds + 1 - since) : 0;
            var total = counters.HeldNanoseconds[(int)hold] + running;
            if (Volatile.Read(ref _since) == since) return total;
        }
    }

    private void Account(Instant now, QueuePairCounters counters)
    {
        var since = _since;
        // In this order a reader that sees the new sum cannot have seen the old time twice.
        Volatile.Write(ref _since, Stopped);
        counters.HeldNanoseconds.Add((int)_hold, Math.Max(0, now.Nanoseconds + 1 - since));
        Volatile.Write(ref _since, now.Nanoseconds + 1);
    }
}
