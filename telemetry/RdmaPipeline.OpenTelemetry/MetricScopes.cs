namespace RdmaPipeline.OpenTelemetry;

/// <summary>The parts of the library whose metrics can be taken or left.</summary>
[Flags]
public enum MetricScopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Queue pairs, completions, connections and memory.</summary>
    Verbs = 1,

    /// <summary>Stages, edges and graphs.</summary>
    Pipeline = 2,

    /// <summary>Sockets, rings and devices below the graph.</summary>
    Backend = 4,

    /// <summary>Everything.</summary>
    All = Verbs | Pipeline | Backend,
}
