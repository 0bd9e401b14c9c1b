using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>How long a queue pair is held up, by what holds it. Written by the owning shard; anyone may read <see cref="Read"/>.</summary>
internal sealed class SendHoldClock(QueuePairCounters counters)
{
    private const long Stopped = -1;
    private long _since = Stopped;
    private SendHold _hold;

    /// <summary>Whether anything holds it up.</summary>
    public bool IsRunning => _hold != SendHold.None;

    /// <summary>From now on it is held up by this.</summary>
    public void Hold(SendHold hold, Instant now)
    {
        Advance(now);
        Volatile.Write(ref _since, Stopped);
        _hold = hold;
        if (hold != SendHold.None) Volatile.Write(ref _since, now.Nanoseconds);
    }

    /// <summary>Accounts for the time up to now. Called with every input, so that what ends the hold without a time loses none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(Instant now)
    {
        if (_since != Stopped) Account(now);
    }

    /// <summary>Nothing is to be sent any more.</summary>
    public void Stop()
    {
        Volatile.Write(ref _since, Stopped);
        _hold = SendHold.None;
    }

    /// <summary>Any thread: the time so far, with that of a hold of now.</summary>
    public long Read(SendHold hold, Instant now)
    {
        while (true)
        {
            var since = Volatile.Read(ref _since);
            var running = since != Stopped && _hold == hold ? Math.Max(0, now.Nanoseconds - since) : 0;
            var total = counters.HeldNanoseconds[(int)hold] + running;
            if (Volatile.Read(ref _since) == since) return total;
        }
    }

    private void Account(Instant now)
    {
        var since = _since;
        // In this order a reader that sees the new sum cannot have seen the old time twice.
        Volatile.Write(ref _since, Stopped);
        counters.HeldNanoseconds.Add((int)_hold, Math.Max(0, now.Nanoseconds - since));
        Volatile.Write(ref _since, now.Nanoseconds);
    }
}
