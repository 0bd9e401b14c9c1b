namespace RdmaPipeline.Backends.Decorators;

/// <summary>What a <see cref="FaultInjectingBackend"/> does. The same seed and the same packets give the same faults.</summary>
public sealed record FaultPlan
{
    /// <summary>Seed of every choice; print it with a failing test.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Faults on what is sent.</summary>
    public FaultRates Send { get; init; } = FaultRates.None;

    /// <summary>Faults on what is received.</summary>
    public FaultRates Receive { get; init; } = FaultRates.None;

    /// <summary>Most packets that overtake a reordered one, at least 1.</summary>
    public int ReorderDistance { get; init; } = 4;

    /// <summary>When a reordered packet goes on even if nothing overtook it, in nanoseconds.</summary>
    public long ReorderHoldNanoseconds { get; init; } = 1_000_000;

    /// <summary>Shortest delay, in nanoseconds.</summary>
    public long MinDelayNanoseconds { get; init; } = 100_000;

    /// <summary>Longest delay, in nanoseconds.</summary>
    public long MaxDelayNanoseconds { get; init; } = 5_000_000;

    /// <summary>
    /// Time in nanoseconds from any origin. Null: time is what <see cref="FaultInjectingBackend.AdvanceTo"/> last said.
    /// </summary>
    public Func<long>? Clock { get; init; }

    /// <summary>Asked before chance; null leaves all to chance.</summary>
    public FaultScript? Script { get; init; }

    /// <summary>Told of each fault.</summary>
    public FaultObserver? Observer { get; init; }

    internal bool Touches(FaultDirection direction) =>
        Script is not null || (direction == FaultDirection.Send ? Send : Receive).Sum > 0;

    internal void Validate(BackendDescription target)
    {
        Send.Validate(nameof(Send));
        Receive.Validate(nameof(Receive));
        ArgumentOutOfRangeException.ThrowIfLessThan(ReorderDistance, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(ReorderHoldNanoseconds);
        ArgumentOutOfRangeException.ThrowIfNegative(MinDelayNanoseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelayNanoseconds, MinDelayNanoseconds);
        if (Send.Corrupt + Receive.Corrupt > 0 && target.Capabilities.HasFlag(BackendCapabilities.IcrcReceiveOffload))
        {
            throw new ArgumentException(
                $"{target.Name} announces the ICRC as offloaded, so nobody would notice a flipped bit: open it with icrc=on.",
                nameof(target));
        }
    }
}
