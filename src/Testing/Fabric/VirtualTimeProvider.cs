using RdmaPipeline.Protocol;

namespace RdmaPipeline.Testing;

/// <summary>
/// A clock that stands still until it is moved, and what shall happen at which time on it: one nanosecond is one tick. Timers and
/// <c>Task.Delay</c> on this provider end in virtual time. Used by one thread at a time.
/// </summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The beginning of the world in nanoseconds since 1970.</summary>
    internal static readonly long EpochNanoseconds = (Epoch - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private readonly PriorityQueue<Action, (long Time, long Turn)> _events = new();
    private long _turn;

    /// <summary>Nanoseconds since the beginning of the world.</summary>
    public long Nanoseconds { get; private set; }

    /// <summary>How often somebody has asked for a timestamp.</summary>
    public long Reads { get; private set; }

    /// <summary>The present, as machines are told it.</summary>
    internal Instant Now => new(Nanoseconds);

    /// <summary>When the next event is due; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextEvent => _events.TryPeek(out _, out var due) ? due.Time : long.MaxValue;

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        Reads++;
        return Nanoseconds;
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(Nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>Lets something happen at a time; events of one time happen in the order in which they were scheduled.</summary>
    /// <param name="nanoseconds">When; a time in the past is now.</param>
    /// <param name="action">What happens, on the thread that moves the clock.</param>
    public void Schedule(long nanoseconds, Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        _events.Enqueue(action, (Math.Max(nanoseconds, Nanoseconds), _turn++));
    }

    /// <summary>Moves the clock to a time, which must not lie before the present; what is due on the way happens at its time.</summary>
    /// <param name="nanoseconds">The new time.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time lies in the past.</exception>
    public void MoveTo(long nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nanoseconds, Nanoseconds);
        while (_events.TryPeek(out _, out var due) && due.Time <= nanoseconds)
        {
            // An event that moves the clock itself may have gone further than the next one's time.
            Nanoseconds = Math.Max(Nanoseconds, due.Time);
            _events.Dequeue()();
        }

        Nanoseconds = Math.Max(Nanoseconds, nanoseconds);
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
