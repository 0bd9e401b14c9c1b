namespace RdmaPipeline.Cli.Commands;

/// <summary>The languages in which a graph can be printed.</summary>
public enum GraphFormat
{
    /// <summary>A Mermaid flow chart, as README files show it.</summary>
    Mermaid,

    /// <summary>Graphviz.</summary>
    Dot,

    /// <summary>JSON, with live counters.</summary>
    Json,
}
