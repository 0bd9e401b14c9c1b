using System.Collections.Immutable;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>The states of a queue pair as metrics name them.</summary>
internal static class StateNames
{
    /// <summary>All names, by the standard's numbers.</summary>
    public static ImmutableArray<string> All { get; } = ["reset", "init", "rtr", "rts", "sqd", "sqe", "error"];

    /// <summary>The name of a state.</summary>
    public static string Of(QueuePairState state) => All[(int)state];
}
