using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>A graph at one moment: what it consists of and what it has counted.</summary>
/// <param name="Name">The graph's name.</param>
/// <param name="Preset">The preset it was made from.</param>
/// <param name="Revision">The number of its description.</param>
/// <param name="State">Running, completing, completed or faulted.</param>
/// <param name="Stages">Its stages.</param>
/// <param name="Edges">Its data edges.</param>
/// <param name="Doorbells">Its doorbell edges.</param>
public sealed record StageGraphDescriptor(
    string Name,
    string Preset,
    long Revision,
    StageGraphState State,
    ImmutableArray<StageDescriptor> Stages,
    ImmutableArray<EdgeDescriptor> Edges,
    ImmutableArray<DoorbellDescriptor> Doorbells)
{
    /// <summary>The graph as a Mermaid flowchart.</summary>
    public string ToMermaid() => Description.MermaidWriter.Write(this);

    /// <summary>The graph in Graphviz' language.</summary>
    public string ToDot() => Description.DotWriter.Write(this);

    /// <summary>The graph as JSON, indented.</summary>
    public string ToJson() => Description.JsonWriter.Write(this);
}
