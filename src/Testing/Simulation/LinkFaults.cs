namespace RdmaPipeline.Testing.Simulation;

/// <summary>What one direction of a simulated link does to packets. Probabilities are in percent of the packets.</summary>
public sealed record LinkFaults
{
    /// <summary>A link without faults.</summary>
    public static LinkFaults None { get; } = new();

    /// <summary>5 % each of loss, duplication, reordering and corruption.</summary>
    public static LinkFaults FivePercentEach { get; } = new() { Loss = 5, Duplication = 5, Reordering = 5, Corruption = 5 };

    /// <summary>Packets never delivered.</summary>
    public double Loss { get; init; }

    /// <summary>Packets delivered twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Packets delayed behind later ones.</summary>
    public double Reordering { get; init; }

    /// <summary>Packets with bits flipped.</summary>
    public double Corruption { get; init; }

    /// <summary>The way from end to end, in nanoseconds.</summary>
    public long DelayNanoseconds { get; init; } = 2_000;

    /// <summary>A delayed packet arrives up to this much later, in nanoseconds.</summary>
    public long ReorderingNanoseconds { get; init; } = 40_000;

    /// <summary>How long one byte occupies the link, in picoseconds; 80 is 100 Gbit/s.</summary>
    public long PicosecondsPerByte { get; init; } = 80;
}
