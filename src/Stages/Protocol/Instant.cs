namespace RdmaPipeline.Protocol;

/// <summary>
/// A point of protocol time in nanoseconds since an origin the host chooses. The core never reads a clock: time is an argument.
/// </summary>
/// <param name="Nanoseconds">Nanoseconds since the host's origin; not negative.</param>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    /// <summary>Later than every instant a host can pass: the deadline of a machine that waits for nothing.</summary>
    public static Instant Never => new(long.MaxValue);

    /// <summary>The host's origin of time.</summary>
    public static Instant Zero => default;

    /// <summary>The instant <paramref name="nanoseconds"/> after this one; <see cref="Never"/> where the sum would overflow.</summary>
    public Instant After(long nanoseconds) =>
        Nanoseconds >= long.MaxValue - nanoseconds ? Never : new Instant(Nanoseconds + nanoseconds);

    /// <summary>The earlier of two instants.</summary>
    public static Instant Earlier(Instant left, Instant right) => left.Nanoseconds <= right.Nanoseconds ? left : right;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Whether the left instant is before the right one.</summary>
    public static bool operator <(Instant left, Instant right) => left.Nanoseconds < right.Nanoseconds;

    /// <summary>Whether the left instant is after the right one.</summary>
    public static bool operator >(Instant left, Instant right) => left.Nanoseconds > right.Nanoseconds;

    /// <summary>Whether the left instant is not after the right one.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Nanoseconds <= right.Nanoseconds;

    /// <summary>Whether the left instant is not before the right one.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Nanoseconds >= right.Nanoseconds;
}
