using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Lets every burst through later, by a constant and a random time, and keeps the order: one that would overtake the burst in front of it
/// goes with that. It holds a bounded number of bursts; beyond that it takes no more, which is backpressure. When the stage is taken out,
/// all it holds goes at once.
/// </summary>
/// <remarks>
/// In front of <c>encode</c> what it holds points into user memory: deregistration waits for it. Stand behind <c>encode</c> to avoid that.
/// </remarks>
public sealed class DelayStage : PacketStage, IHoldingStage<PacketBurst>
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly long _delay;
    private readonly long _jitter;
    private readonly HeldBursts _held;
    private StageRandom _random;
    private long _lastDue;

    /// <summary>Makes a delay.</summary>
    /// <param name="delay">The least time: 0 to an hour.</param>
    /// <param name="jitter">What is added at random, evenly from 0 to this: 0 to an hour.</param>
    /// <param name="seed">Decides the random times.</param>
    /// <param name="capacity">Bursts it holds at most: 1 to 65 536.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public DelayStage(TimeSpan delay, TimeSpan jitter = default, ulong seed = 0, int capacity = 1024)
    {
        Check(nameof(delay), delay);
        Check(nameof(jitter), jitter);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 65_536);
        _delay = (long)delay.TotalNanoseconds;
        _jitter = (long)jitter.TotalNanoseconds;
        _held = new HeldBursts(capacity);
        _random = new StageRandom(seed);
    }

    /// <inheritdoc/>
    public QueueSize Held => _held.Size;

    /// <inheritdoc/>
    public bool Pump()
    {
        GiveOut(NowNanoseconds);
        return !_held.IsEmpty && _held.FirstDue <= NowNanoseconds;
    }

    /// <inheritdoc/>
    public bool TryGiveBack(out PacketBurst burst) => _held.TryTake(out burst);

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        long now = NowNanoseconds;
        GiveOut(Context.IsEnding ? long.MaxValue : now);
        if (Context.IsEnding && _held.IsEmpty)
            return;
        if (_held.IsFull)
        {
            Defer(burst, BlockedReason.RateLimit);
            return;
        }
        _lastDue = Math.Max(_lastDue, now + _delay + _random.UpTo(_jitter));
        _held.Add(burst, _lastDue);
        Keep();
        Context.WakeAt(_held.FirstDue);
    }

    // A burst that was deferred for want of a place is tried again by the same wake.
    private void GiveOut(long now)
    {
        while (!_held.IsEmpty && _held.FirstDue <= now && Context.HasRoom && _held.TryTake(out var burst))
            Context.Emit(0, burst);
        if (!_held.IsEmpty)
            Context.WakeAt(_held.FirstDue);
    }

    private static void Check(string name, TimeSpan time)
    {
        if (time < TimeSpan.Zero || time > Longest)
            throw new ArgumentOutOfRangeException(name, time, $"{name} is 0 to {Longest}.");
    }
}
