namespace RdmaPipeline.Graph;

/// <summary>A data edge in a graph's description.</summary>
/// <param name="From">The stage it starts at.</param>
/// <param name="Port">The output port it starts at.</param>
/// <param name="To">The stage it ends at.</param>
/// <param name="ToPort">The input port it ends at.</param>
/// <param name="Capacity">Bursts the target holds for this edge: 1 to <see cref="StageBlockOptions.MaxCapacity"/>.</param>
public sealed record EdgeSpec(string From, string Port, string To, string ToPort, int Capacity)
{
    /// <summary>Whether another edge joins the same ports.</summary>
    internal bool Joins(EdgeSpec other) =>
        From == other.From && Port == other.Port && To == other.To && ToPort == other.ToPort;

    /// <inheritdoc/>
    public override string ToString() => $"{From}.{Port} → {To}.{ToPort}";
}
