using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Decorators;

/// <summary>
/// A back-end that does to another's packets what real media do: lose, duplicate, reorder, delay, flip bits (R-BE-8), by a seed or a
/// script (R-BE-21). Reads no clock: time comes from the plan's clock or from <see cref="AdvanceTo"/>.
/// </summary>
public sealed class FaultInjectingBackend : IPacketBackend
{
    private readonly IPacketBackend _inner;
    private readonly FaultPlan _plan;
    private readonly FaultLane _sending;
    private readonly FaultLane _receiving;
    private readonly FaultyDeparture _departure;
    private readonly FaultyArrival _arrival;
    private readonly PacketBurst?[] _pulled = new PacketBurst?[16];
    private long _time;

    /// <summary>Wraps a back-end, which from now on belongs to this one.</summary>
    /// <param name="inner">The back-end.</param>
    /// <param name="plan">The faults.</param>
    /// <exception cref="ArgumentException">A rate or bound of the plan is out of range, or nobody would notice a flipped bit.</exception>
    public FaultInjectingBackend(IPacketBackend inner, FaultPlan plan)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(plan);
        plan.Validate(inner.Description);
        _inner = inner;
        _plan = plan;
        _sending = new FaultLane(FaultDirection.Send, plan);
        _receiving = new FaultLane(FaultDirection.Receive, plan);
        _departure = new FaultyDeparture(inner, _sending);
        _arrival = new FaultyArrival(inner, _receiving);
    }

    /// <inheritdoc/>
    public BackendDescription Description => _inner.Description;

    /// <inheritdoc/>
    public FrameCodec Codec => _inner.Codec;

    /// <inheritdoc/>
    public PacketPool Pool => _inner.Pool;

    /// <inheritdoc/>
    public BackendCounters Counters => _inner.Counters;

    /// <inheritdoc/>
    public bool IsSendReady => _inner.IsSendReady;

    /// <summary>When the next held packet is due, on the plan's clock; <see cref="long.MaxValue"/> if none is held.</summary>
    public long NextDeadlineNanoseconds => Math.Min(_sending.NextDeadline, _receiving.NextDeadline);

    /// <summary>Bursts and packets kept back now; 0 when all has gone its way.</summary>
    public int Held => _sending.Waiting + _receiving.Waiting;

    private long Now => _plan.Clock?.Invoke() ?? _time;

    /// <summary>Packets that met a fate.</summary>
    /// <param name="direction">On which side.</param>
    /// <param name="kind">The fate; <see cref="FaultKind.None"/> counts those that passed.</param>
    /// <returns>Packets; those on a side without any faults are not counted.</returns>
    public long Injected(FaultDirection direction, FaultKind kind) =>
        (direction == FaultDirection.Send ? _sending : _receiving).Count(kind);

    /// <summary>Says what time it is, and sends on what has become due. Shard only.</summary>
    /// <param name="nanoseconds">Time on the plan's origin; never goes back.</param>
    public void AdvanceTo(long nanoseconds)
    {
        _time = Math.Max(_time, nanoseconds);
        Flush();
    }

    /// <inheritdoc/>
    public int Send(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        if (!Flush())
            return 0;
        if (_sending.IsTransparent)
            return _inner.Send(burst);
        var taken = burst.Count - burst.SentCount;
        _departure.Take(burst, Now);
        Flush();
        return taken;
    }

    /// <inheritdoc/>
    public int Receive(Span<PacketBurst?> bursts)
    {
        Flush();
        if (_receiving.IsTransparent)
            return _inner.Receive(bursts);
        if (_receiving.Passing.Count < bursts.Length)
            Pull();
        var filled = 0;
        while (filled < bursts.Length && _receiving.Passing.TryDequeue(out var burst))
            bursts[filled++] = burst;
        return filled;
    }

    /// <inheritdoc/>
    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady)
    {
        var due = NextDeadlineNanoseconds;
        var untilDue = due == long.MaxValue ? long.MaxValue : Math.Max(0, due - Now);
        if (_receiving.Passing.Count > 0 || untilDue == 0)
            return true;
        var sooner = timeoutNanoseconds < 0 || untilDue < timeoutNanoseconds ? untilDue : timeoutNanoseconds;
        var traffic = _inner.WaitForTraffic(sooner == long.MaxValue ? -1 : sooner, orSendReady || _sending.Passing.Count > 0);
        return traffic || due <= Now;
    }

    /// <inheritdoc/>
    public void Wake() => _inner.Wake();

    /// <inheritdoc/>
    public bool CanReach(UInt128 source, UInt128 destination) => _inner.CanReach(source, destination);

    /// <inheritdoc/>
    public void JoinGroup(UInt128 group) => _inner.JoinGroup(group);

    /// <inheritdoc/>
    public void LeaveGroup(UInt128 group) => _inner.LeaveGroup(group);

    /// <inheritdoc/>
    public IReadOnlyList<IManagementAgent> ManagementAgents => _inner.ManagementAgents;

    /// <inheritdoc/>
    public LinkStatus QueryLink() => _inner.QueryLink();

    /// <inheritdoc/>
    public IReadOnlyList<UInt128> QueryGids() => _inner.QueryGids();

    /// <inheritdoc/>
    public void Listen(Action<BackendEvent> listener) => _inner.Listen(listener);

    /// <inheritdoc/>
    public void SetPortState(bool up) => _inner.SetPortState(up);

    /// <inheritdoc/>
    public void CapabilityMaskChanged(uint mask) => _inner.CapabilityMaskChanged(mask);

    /// <summary>Drops what is held and closes the wrapped back-end.</summary>
    public void Dispose()
    {
        _sending.Abandon();
        _receiving.Abandon();
        _inner.Dispose();
    }

    // False: the medium would block, and what waits goes before anything new.
    private bool Flush()
    {
        var now = Now;
        _sending.Release(_sending.LastOrdinal, now);
        _receiving.Release(_receiving.LastOrdinal, now);
        while (_sending.Passing.TryPeek(out var burst))
        {
            var left = burst.Count - burst.SentCount;
            if (_inner.Send(burst) < left)
                return false;
            _sending.Passing.Dequeue();
        }

        return true;
    }

    private void Pull()
    {
        var pulled = _inner.Receive(_pulled);
        for (var i = 0; i < pulled; i++)
        {
            _arrival.Take(_pulled[i]!, Now);
            _pulled[i] = null;
        }
    }
}
