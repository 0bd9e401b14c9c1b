using System.Buffers;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// One direction of a wire in virtual time: frames leave one after the other, travel, and are lost, doubled, delayed or damaged as the
/// seed says. The same seed and the same frames give the same faults.
/// </summary>
public sealed class SimulatedLink(VirtualTimeProvider time, LinkFaults faults, SplitMix random, string preset, FaultCoverage? coverage)
{
    private const int Bits = 8;
    private const int MaxFlips = 3;
    private const long PicosecondsPerNanosecond = 1000;

    private long _freeAt;

    /// <summary>Where frames come out.</summary>
    public FrameSink? Sink { get; set; }

    /// <summary>Decides the fault of a frame in place of the seed; null leaves it to the seed.</summary>
    public Func<Opcode, FaultKind?>? Script { get; set; }

    /// <summary>Frames put in.</summary>
    public long SentFrames { get; private set; }

    /// <summary>Sends one frame.</summary>
    /// <param name="frame">A RoCEv2 Ethernet frame; copied.</param>
    /// <param name="transportOffset">Where its BTH begins.</param>
    public void Send(ReadOnlySpan<byte> frame, int transportOffset)
    {
        SentFrames++;
        var opcode = (Opcode)frame[transportOffset];
        var fault = Script?.Invoke(opcode) ?? Draw();
        coverage?.Record(preset, opcode, fault);
        _freeAt = Math.Max(_freeAt, time.Nanoseconds) + (frame.Length * faults.PicosecondsPerByte / PicosecondsPerNanosecond);
        if (fault == FaultKind.Loss) return;
        var arrival = _freeAt + faults.DelayNanoseconds;
        if (fault == FaultKind.Reordering) arrival += Delay();
        Deliver(frame, arrival, damagedFrom: fault == FaultKind.Corruption ? transportOffset : -1);
        if (fault == FaultKind.Duplication) Deliver(frame, arrival + (random.Chance(50) ? Delay() : 0), damagedFrom: -1);
    }

    private FaultKind Draw()
    {
        var percent = random.Below(1_000_000) / 10_000.0;
        if ((percent -= faults.Loss) < 0) return FaultKind.Loss;
        if ((percent -= faults.Duplication) < 0) return FaultKind.Duplication;
        if ((percent -= faults.Reordering) < 0) return FaultKind.Reordering;
        return percent - faults.Corruption < 0 ? FaultKind.Corruption : FaultKind.None;
    }

    private long Delay() => 1 + random.Below((int)faults.ReorderingNanoseconds);

    private void Deliver(ReadOnlySpan<byte> frame, long arrival, int damagedFrom)
    {
        var length = frame.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        frame.CopyTo(copy);
        if (damagedFrom >= 0) Damage(copy.AsSpan(0, length)[damagedFrom..]);
        time.Schedule(arrival, () =>
        {
            Sink?.Invoke(copy.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(copy);
        });
    }

    private void Damage(Span<byte> bytes)
    {
        for (var flips = random.Between(1, MaxFlips); flips > 0; flips--)
        {
            bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(Bits));
        }
    }
}
