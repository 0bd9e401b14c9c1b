using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>A description cannot be built. Carries every error that was found, each in plain words.</summary>
public sealed class StageGraphException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="graph">The graph's name.</param>
    /// <param name="errors">All errors, at least one.</param>
    /// <param name="inner">What a stage's factory threw, if that is it.</param>
    public StageGraphException(string graph, ImmutableArray<string> errors, Exception? inner = null)
        : base($"Graph '{graph}' cannot be built: {string.Join(" ", errors)}", inner) => Errors = errors;

    internal StageGraphException(string graph, Exception inner)
        : base($"Graph '{graph}' cannot be changed: {inner.Message}", inner) => Errors = [inner.Message];

    /// <summary>All errors.</summary>
    public ImmutableArray<string> Errors { get; }
}
