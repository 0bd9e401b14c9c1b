namespace RdmaPipeline.Backends.Decorators;

/// <summary>Probabilities, each 0 to 1, together at most 1: a packet suffers at most one fault.</summary>
public sealed record FaultRates
{
    /// <summary>No faults.</summary>
    public static FaultRates None { get; } = new();

    /// <summary>Probability of <see cref="FaultKind.Loss"/>.</summary>
    public double Loss { get; init; }

    /// <summary>Probability of <see cref="FaultKind.Duplicate"/>.</summary>
    public double Duplicate { get; init; }

    /// <summary>Probability of <see cref="FaultKind.Reorder"/>.</summary>
    public double Reorder { get; init; }

    /// <summary>Probability of <see cref="FaultKind.Delay"/>.</summary>
    public double Delay { get; init; }

    /// <summary>Probability of <see cref="FaultKind.Corrupt"/>.</summary>
    public double Corrupt { get; init; }

    internal double Sum => Loss + Duplicate + Reorder + Delay + Corrupt;

    internal FaultKind At(double draw)
    {
        if ((draw -= Loss) < 0)
            return FaultKind.Loss;
        if ((draw -= Duplicate) < 0)
            return FaultKind.Duplicate;
        if ((draw -= Reorder) < 0)
            return FaultKind.Reorder;
        if ((draw -= Delay) < 0)
            return FaultKind.Delay;
        return draw - Corrupt < 0 ? FaultKind.Corrupt : FaultKind.None;
    }

    internal void Validate(string direction)
    {
        foreach (var (name, rate) in new[]
            { ("Loss", Loss), ("Duplicate", Duplicate), ("Reorder", Reorder), ("Delay", Delay), ("Corrupt", Corrupt) })
        {
            if (double.IsNaN(rate) || rate is < 0 or > 1)
                throw new ArgumentOutOfRangeException(direction, rate, $"{direction}.{name} is a probability: 0 to 1.");
        }

        if (Sum > 1 + 1e-9)
            throw new ArgumentOutOfRangeException(direction, Sum, $"The probabilities of {direction} add up to more than 1.");
    }
}
