namespace RdmaPipeline.Graph;

/// <summary>A law that does not hold.</summary>
/// <param name="Law">Which law.</param>
/// <param name="Where">The stage or edge.</param>
/// <param name="Detail">The counts on both sides.</param>
public sealed record LawViolation(string Law, string Where, string Detail)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Law} law broken at {Where}: {Detail}";
}
