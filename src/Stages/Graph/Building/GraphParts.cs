using RdmaPipeline.Graph.Reshaping;

namespace RdmaPipeline.Graph.Building;

/// <summary>What a graph consists of while it runs: replaced as a whole when the graph changes.</summary>
/// <param name="Spec">The description it was built from.</param>
/// <param name="Revision">The number of the description.</param>
/// <param name="Hosts">The hosts, in the order of the description.</param>
/// <param name="ByName">The hosts by name.</param>
/// <param name="Edges">The edges, in the order of the description.</param>
internal sealed record GraphParts<T>(
    StageGraphSpec<T> Spec,
    long Revision,
    StageHost<T>[] Hosts,
    Dictionary<string, StageHost<T>> ByName,
    Edge<T>[] Edges)
    where T : class, IBurst
{
    /// <summary>What completes and faults by itself: a block for each stage, one for each fused shard; by name.</summary>
    public Dictionary<string, IGraphBlock> Blocks { get; } =
        Hosts.Select(h => h.Block).Distinct().ToDictionary(b => b.Name);

    /// <summary>Which block has to complete before which, by data and by doorbells.</summary>
    public IEnumerable<(string From, string To)> Dependencies => Spec.Edges.Select(e => (e.From, e.To))
        .Concat(Spec.Doorbells.Where(b => b.From is not null).Select(b => (From: b.From!, b.To)))
        .Select(d => (From: ByName[d.From].Block.Name, To: ByName[d.To].Block.Name))
        .Where(d => d.From != d.To)
        .Distinct();

    /// <summary>The edge that starts at an output port.</summary>
    public Edge<T>? EdgeFrom(string stage, string port) => Array.Find(Edges, e => e.Spec.From == stage && e.Spec.Port == port);
}
