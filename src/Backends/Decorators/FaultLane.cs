using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Decorators;

/// <summary>One direction of a fault injector: draws fates, holds packets back, keeps the order of what goes on.</summary>
internal sealed class FaultLane(FaultDirection direction, FaultPlan plan)
{
    private const int MaskedByte = 4;

    private readonly SeededChoices _choices = new(plan.Seed + (direction == FaultDirection.Send ? 0UL : 0xD1B54A32D192ED03));
    private readonly FaultRates _rates = direction == FaultDirection.Send ? plan.Send : plan.Receive;
    private readonly List<HeldPacket> _held = [];
    private readonly long[] _counts = new long[Enum.GetValues<FaultKind>().Length];

    /// <summary>Whether every packet passes as it is.</summary>
    public bool IsTransparent { get; } = !plan.Touches(direction);

    /// <summary>Number of the last packet that was judged; −1 before the first.</summary>
    public long LastOrdinal { get; private set; } = -1;

    /// <summary>Bursts on their way on, in order.</summary>
    public Queue<PacketBurst> Passing { get; } = new();

    /// <summary>Bursts kept back, for whatever reason.</summary>
    public int Waiting => _held.Count + Passing.Count;

    /// <summary>When the next held packet is due; <see cref="long.MaxValue"/> if none is.</summary>
    public long NextDeadline => _held.Count == 0 ? long.MaxValue : _held.Min(h => h.DueNanoseconds);

    public long Count(FaultKind kind) => _counts[(int)kind];

    public FaultKind Draw(ReadOnlySpan<byte> transport)
    {
        // One draw for each packet, scripted or not: a script must not shift the fates of the packets behind.
        var chance = _rates.At(_choices.Fraction());
        var ordinal = ++LastOrdinal;
        var kind = plan.Script?.Invoke(direction, ordinal, transport) ?? chance;
        _counts[(int)kind]++;
        if (kind != FaultKind.None)
            plan.Observer?.Invoke(kind, direction, ordinal, transport);
        return kind;
    }

    /// <param name="single">The packet, alone in its burst.</param>
    /// <param name="kind">Why it is held.</param>
    /// <param name="ordinal">The packet's number.</param>
    /// <param name="now">Time.</param>
    public void Hold(PacketBurst single, FaultKind kind, long ordinal, long now) => _held.Add(kind == FaultKind.Delay
        ? new HeldPacket(single, now + _choices.Between(plan.MinDelayNanoseconds, plan.MaxDelayNanoseconds), long.MaxValue)
        : new HeldPacket(single, now + plan.ReorderHoldNanoseconds, ordinal + _choices.Between(1, plan.ReorderDistance)));

    /// <summary>
    /// Flips one bit so that every receiver can tell: none of BTH byte 4, which the ICRC masks (wire.md section 6), and not the one
    /// in some 32 000 that an IPv4 socket takes for another Identification, because it can prove 16 bits only (R-BE-31).
    /// </summary>
    public void Corrupt(Span<byte> transport)
    {
        if (transport.Length < FrameLayout.MinTransportLength)
            return;
        var before = PacketDamage.Difference(transport);
        while (true)
        {
            var position = (int)_choices.Between(0, transport.Length - 1);
            var bit = (byte)(1 << (int)_choices.Between(0, 7));
            transport[position] ^= bit;
            var changed = before ^ PacketDamage.Difference(transport);
            if (position != MaskedByte && !PacketDamage.LooksLikeAnotherIdentification(changed, transport.Length))
                return;
            transport[position] ^= bit;
        }
    }

    /// <param name="ordinal">Number of the last packet that passed.</param>
    /// <param name="now">Time.</param>
    public bool IsDue(long ordinal, long now)
    {
        foreach (var held in _held)
        {
            if (held.DueNanoseconds <= now || held.DueOrdinal <= ordinal)
                return true;
        }

        return false;
    }

    /// <summary>Lets go what is due, the longest held first.</summary>
    /// <param name="ordinal">Number of the last packet that passed.</param>
    /// <param name="now">Time.</param>
    public void Release(long ordinal, long now)
    {
        for (var i = 0; i < _held.Count;)
        {
            var held = _held[i];
            if (held.DueNanoseconds > now && held.DueOrdinal > ordinal)
            {
                i++;
                continue;
            }

            _held.RemoveAt(i);
            Passing.Enqueue(held.Burst);
        }
    }

    public void Abandon()
    {
        foreach (var held in _held)
            held.Burst.Release();
        _held.Clear();
        while (Passing.TryDequeue(out var burst))
            burst.Release();
    }
}
