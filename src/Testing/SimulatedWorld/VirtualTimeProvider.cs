namespace RdmaPipeline.Testing.SimulatedWorld;

/// <summary>A clock that stands still until it is moved: one nanosecond is one tick. Used by one thread at a time.</summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Nanoseconds since the beginning of the world.</summary>
    public long Nanoseconds { get; private set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    public override long GetTimestamp() => Nanoseconds;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(Nanoseconds / 100);

    /// <summary>Moves the clock to a time, which must not lie before the present.</summary>
    /// <param name="nanoseconds">The new time.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time lies in the past.</exception>
    public void MoveTo(long nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nanoseconds, Nanoseconds);
        Nanoseconds = nanoseconds;
    }
}
