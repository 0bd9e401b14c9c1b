using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>
/// The description of a graph: immutable, so that a change is another description. An array that was never set counts as empty.
/// </summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public sealed record StageGraphSpec<T>
    where T : class, IBurst
{
    /// <summary>The graph's name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the preset it was made from, for people.</summary>
    public string Preset { get; init; } = "custom";

    /// <summary>How bursts hop where a stage says nothing else.</summary>
    public HopPolicy Hop { get; init; }

    /// <summary>The stages, in the order they are shown.</summary>
    public ImmutableArray<StageSpec<T>> Stages { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The data edges.</summary>
    public ImmutableArray<EdgeSpec> Edges { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The doorbell edges.</summary>
    public ImmutableArray<DoorbellSpec> Doorbells { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The hop policy of one of its stages.</summary>
    public HopPolicy HopOf(StageSpec<T> stage)
    {
        ArgumentNullException.ThrowIfNull(stage);
        return stage.Hop ?? Hop;
    }

    /// <summary>This description with a stage put into one of its edges.</summary>
    /// <param name="from">The stage the edge starts at.</param>
    /// <param name="inserted">A stage with one input and one output; it runs on the shard of the edge's target.</param>
    /// <param name="port">The output port the edge starts at.</param>
    /// <returns>The changed description.</returns>
    /// <exception cref="ArgumentException">There is no such edge, or it ends at no stage.</exception>
    public StageGraphSpec<T> InsertAfter(string from, StageSpec<T> inserted, string port = StageSpec<T>.DefaultOutput)
    {
        ArgumentNullException.ThrowIfNull(inserted);
        EdgeSpec edge = Edges.FirstOrDefault(e => e.From == from && e.Port == port)
            ?? throw new ArgumentException($"Graph '{Name}' has no edge from '{from}.{port}'.", nameof(from));
        var target = Find(edge.To)
            ?? throw new ArgumentException($"Edge {edge} of graph '{Name}' ends at '{edge.To}', which is no stage.", nameof(from));
        var second = new EdgeSpec(inserted.Name, StageSpec<T>.DefaultOutput, edge.To, edge.ToPort, edge.Capacity);
        return this with
        {
            Stages = Stages.Insert(Stages.IndexOf(target), inserted with { Shard = target.Shard }),
            Edges = Edges.Replace(edge, edge with { To = inserted.Name, ToPort = StageSpec<T>.DefaultInput }).Add(second),
        };
    }

    /// <summary>The stage of a name, or null.</summary>
    public StageSpec<T>? Find(string name) => Stages.FirstOrDefault(s => s.Name == name);
}
