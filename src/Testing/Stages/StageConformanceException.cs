namespace RdmaPipeline.Testing;

/// <summary>A stage breaks its contract.</summary>
public sealed class StageConformanceException : Exception
{
    internal StageConformanceException(IReadOnlyList<StageFailure> failures)
        : base($"The stage breaks its contract in {failures.Count} ways:\n{string.Join("\n", failures.Select(f => $"- {f}"))}") =>
        Failures = failures;

    /// <summary>Each breach.</summary>
    public IReadOnlyList<StageFailure> Failures { get; }
}
