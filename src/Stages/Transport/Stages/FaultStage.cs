using System.Numerics;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Does to packets what bad media do: loses, doubles, delays and damages them, by number, chance, hash or predicate. The same seeds and the
/// same packets give the same faults. It may stand in any edge.
/// </summary>
public sealed class FaultStage : PacketStage, IHoldingStage<PacketBurst>
{
    private readonly PacketFaults _faults;
    private readonly HeldBursts _delayed;
    private StageRandom _random;
    private long _duplicated;
    private long _delays;
    private long _corrupted;

    /// <summary>Makes a fault injector.</summary>
    /// <param name="faults">What it does; its choices are of this instance alone.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public FaultStage(PacketFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Validate();
        _faults = faults;
        _delayed = new HeldBursts(faults.MostDelayed);
        _random = new StageRandom(faults.Seed);
    }

    /// <summary>Packets that went on twice. Any thread.</summary>
    public long Duplicated => Volatile.Read(ref _duplicated);

    /// <summary>Packets that were delayed. Any thread.</summary>
    public long Delayed => Volatile.Read(ref _delays);

    /// <summary>Packets that were damaged. Any thread.</summary>
    public long Corrupted => Volatile.Read(ref _corrupted);

    /// <inheritdoc/>
    public QueueSize Held => _delayed.Size;

    /// <inheritdoc/>
    public bool Pump()
    {
        long now = NowNanoseconds;
        while (!_delayed.IsEmpty && _delayed.FirstDue <= now && Context.HasRoom && _delayed.TryTake(out var burst))
            Context.Emit(0, burst);
        if (!_delayed.IsEmpty)
            Context.WakeAt(_delayed.FirstDue);
        return !_delayed.IsEmpty && _delayed.FirstDue <= now;
    }

    /// <inheritdoc/>
    public bool TryGiveBack(out PacketBurst burst) => _delayed.TryTake(out burst);

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        ulong dropped = _faults.Drop.Of(burst);
        ulong doubled = _faults.Duplicate.Of(burst) & ~dropped;
        ulong late = _faults.Delay.Of(burst) & ~dropped & ~doubled;
        ulong damaged = _faults.Corrupt.Of(burst) & ~dropped & ~doubled & ~late;
        if ((dropped | doubled | late | damaged) == 0)
            return;
        Corrupt(ref burst, damaged);
        var copies = doubled == 0 ? null : Double(burst, doubled);
        late = Delay(burst, late);
        Part(ref burst, dropped, late);
        if (copies is null)
            return;
        Pass(burst);
        burst = copies;
    }

    private void Corrupt(ref PacketBurst burst, ulong packets)
    {
        if (packets == 0 || burst.State == BurstStage.Unencoded)
            return;
        Own(ref burst);
        for (; packets != 0; packets &= packets - 1)
        {
            ref var packet = ref burst.Packets[BitOperations.TrailingZeroCount(packets)];
            _corrupted++;
            packet.Icrc = IcrcStatus.Invalid; // a stage behind that frames it again leaves it damaged
            if (burst.State != BurstStage.Decoded)
                PacketDamage.FlipBit(burst.Bytes(packet.FrameOffset, packet.FrameLength), _random.Next());
        }
    }

    private PacketBurst Double(PacketBurst burst, ulong packets)
    {
        var copies = Pool.Rent();
        CopyPackets(burst, packets, copies);
        Context.Created(copies.Count);
        _duplicated += copies.Count;
        return copies;
    }

    // Each alone: they have their times, and who waits must not hold up a flow's whole burst.
    private ulong Delay(PacketBurst burst, ulong packets)
    {
        ulong taken = 0;
        for (; packets != 0 && !_delayed.IsFull && !Context.IsEnding; packets &= packets - 1)
        {
            ulong packet = packets & (ulong)-(long)packets;
            var single = Pool.Rent();
            CopyPackets(burst, packet, single);
            _delayed.Add(single, NowNanoseconds + (long)_faults.DelayTime.TotalNanoseconds);
            _delays++;
            taken |= packet;
        }
        if (taken != 0)
            Context.WakeAt(_delayed.FirstDue);
        return taken;
    }

    // What is delayed has been copied, and counts as held from here on.
    private void Part(ref PacketBurst burst, ulong dropped, ulong late)
    {
        if ((dropped | late) == 0)
            return;
        Own(ref burst);
        for (ulong left = dropped; left != 0; left &= left - 1)
            burst.Packets[BitOperations.TrailingZeroCount(left)].Drop = DropReason.InjectedFault;
        if (dropped != 0)
            Context.Dropped(DropReason.InjectedFault, BitOperations.PopCount(dropped), burst);
        Remove(ref burst, dropped | late);
    }

    private void Pass(PacketBurst burst)
    {
        if (burst.Count > 0)
            Context.Emit(0, burst);
        else
            burst.Release();
    }
}
