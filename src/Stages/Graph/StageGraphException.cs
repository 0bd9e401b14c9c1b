using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>
/// A graph cannot be built, or cannot be changed as was asked for. Carries every error that was found, each in plain words.
/// </summary>
public sealed class StageGraphException : Exception
{
    /// <summary>Makes the exception of a graph that cannot be built.</summary>
    /// <param name="graph">The graph's name.</param>
    /// <param name="errors">All errors, at least one.</param>
    /// <param name="inner">What a stage's factory threw, if that is it.</param>
    public StageGraphException(string graph, ImmutableArray<string> errors, Exception? inner = null)
        : this($"Graph '{graph}' cannot be built: ", errors, inner, isChange: false)
    {
    }

    private StageGraphException(string what, ImmutableArray<string> errors, Exception? inner, bool isChange)
        : base(what + string.Join(" ", errors), inner) => (Errors, IsChange) = (errors, isChange);

    /// <summary>All errors.</summary>
    public ImmutableArray<string> Errors { get; }

    /// <summary>Whether it is a change of a running graph that was refused or taken back; the graph works on as it was.</summary>
    public bool IsChange { get; }

    /// <summary>A change that cannot be: the running graph has not noticed.</summary>
    internal static StageGraphException Refused(string graph, ImmutableArray<string> errors, Exception? inner = null) =>
        new($"Graph '{graph}' was not changed: ", errors, inner, isChange: true);

    /// <summary>A change that failed while the graph was paused for it.</summary>
    internal static StageGraphException TakenBack(string graph, string error, Exception inner) =>
        new($"Graph '{graph}' was not changed and goes on as it was: ", [error], inner, isChange: true);
}
