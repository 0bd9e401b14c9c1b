using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Building;

/// <summary>What a graph consists of while it runs: replaced as a whole when the graph changes.</summary>
/// <param name="Hosts">The hosts, in the order of the description.</param>
/// <param name="ByName">The hosts by name.</param>
/// <param name="Edges">The edges, in the order of the description.</param>
/// <param name="Blocks">What completes and faults by itself: a block for each stage, one for each fused shard; by name.</param>
/// <param name="BlockOf">The name of the block that a stage lives in.</param>
internal sealed record GraphParts<T>(
    StageHost<T>[] Hosts,
    Dictionary<string, StageHost<T>> ByName,
    Edge<T>[] Edges,
    Dictionary<string, IDataflowBlock> Blocks,
    Dictionary<string, string> BlockOf)
    where T : class, IBurst;
