using RdmaPipeline.Backends;

namespace RdmaPipeline.Testing;

/// <summary>
/// What a link does to packets. It holds for either direction; <see cref="FabricLink.From"/> gives access to one of them. A packet suffers
/// at most one of the faults that have a probability on each link it passes.
/// </summary>
public sealed record LinkOptions
{
    private const long MaxBytes = 1L << 40;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    /// <summary>A cable of some hundred metres without faults.</summary>
    public static LinkOptions Perfect { get; } = new();

    /// <summary>The way from end to end: 0 to an hour.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMicroseconds(2);

    /// <summary>A packet takes up to this much longer, as the seed says; packets stay in order: 0 to an hour.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Bits per second, from 1000 on; 0: no limit.</summary>
    public double BitsPerSecond { get; init; } = 100e9;

    /// <summary>
    /// Bytes that may wait in front of the link where a switch sends; what does not fit is lost (queue_full). 0: no limit. A host waits
    /// until there is room.
    /// </summary>
    public long QueueBytes { get; init; }

    /// <summary>
    /// Bytes waiting from which on packets that are capable of it (ECN field not 0) get the mark "congestion experienced"; on InfiniBand
    /// all get FECN. 0: never.
    /// </summary>
    public long EcnThresholdBytes { get; init; }

    /// <summary>Largest payload of a packet that passes: 256, 512, 1024, 2048 or 4096; larger ones are lost (mtu_exceeded).</summary>
    public int Mtu { get; init; } = PathMtu.Largest;

    /// <summary>Probability, 0 to 1, that a packet is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Probability that a packet arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Probability that a packet arrives late, behind packets that were sent after it.</summary>
    public double Reordering { get; init; }

    /// <summary>Probability that one bit flips from BTH to ICRC, so that the ICRC no longer fits.</summary>
    public double Corruption { get; init; }

    /// <summary>
    /// Probability that one bit flips from BTH to pad and the ICRC is made anew, as by broken memory in a switch: the receiver cannot tell.
    /// </summary>
    public double UndetectedCorruption { get; init; }

    /// <summary>Probability that a packet gets the mark "congestion experienced", whether its sender is capable of it or not.</summary>
    public double EcnMarking { get; init; }

    /// <summary>How late a reordered packet arrives at most: more than 0, up to an hour.</summary>
    public TimeSpan ReorderingDelay { get; init; } = TimeSpan.FromMicroseconds(40);

    internal double FaultSum => Loss + Duplication + Reordering + Corruption + UndetectedCorruption + EcnMarking;

    internal void Validate()
    {
        Limits.Check(nameof(Latency), Latency, TimeSpan.Zero, LongestDelay);
        Limits.Check(nameof(Jitter), Jitter, TimeSpan.Zero, LongestDelay);
        Limits.Check(nameof(ReorderingDelay), ReorderingDelay, TimeSpan.FromTicks(1), LongestDelay);
        if (BitsPerSecond != 0 && !(BitsPerSecond is >= 1000 and <= 1e15))
            throw Limits.Wrong(nameof(BitsPerSecond), BitsPerSecond, "1000 to 1e15, or 0 for no limit");
        Limits.Check(nameof(QueueBytes), QueueBytes, 0, MaxBytes);
        Limits.Check(nameof(EcnThresholdBytes), EcnThresholdBytes, 0, MaxBytes);
        if (!PathMtu.IsValid(Mtu))
            throw Limits.Wrong(nameof(Mtu), Mtu, "256, 512, 1024, 2048 or 4096");
        Limits.CheckProbability(nameof(Loss), Loss);
        Limits.CheckProbability(nameof(Duplication), Duplication);
        Limits.CheckProbability(nameof(Reordering), Reordering);
        Limits.CheckProbability(nameof(Corruption), Corruption);
        Limits.CheckProbability(nameof(UndetectedCorruption), UndetectedCorruption);
        Limits.CheckProbability(nameof(EcnMarking), EcnMarking);
        if (FaultSum > 1 + 1e-9)
            throw new ArgumentException($"The probabilities of the faults add up to {FaultSum}; a packet suffers at most one: at most 1.");
    }

    internal FaultAction At(double draw)
    {
        if ((draw -= Loss) < 0)
            return FaultAction.Drop;
        if ((draw -= Duplication) < 0)
            return FaultAction.Duplicate;
        if ((draw -= Reordering) < 0)
            return FaultAction.Delay;
        if ((draw -= Corruption) < 0)
            return FaultAction.Corrupt;
        if ((draw -= UndetectedCorruption) < 0)
            return FaultAction.CorruptKeepingIcrc;
        return draw - EcnMarking < 0 ? FaultAction.MarkEcn : FaultAction.Pass;
    }
}
