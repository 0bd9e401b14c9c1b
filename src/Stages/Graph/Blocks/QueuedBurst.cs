namespace RdmaPipeline.Graph.Blocks;

/// <summary>A burst in a block's queue.</summary>
/// <param name="Burst">The burst.</param>
/// <param name="Items">Its items when it was queued; readers on other threads must not touch the burst.</param>
/// <param name="From">The port it came from; null when a stock block or a post has put it in.</param>
/// <param name="Stamp">When it was queued, for the sampled ones; else 0.</param>
internal readonly record struct QueuedBurst<T>(T Burst, int Items, OutputPort<T>? From, long Stamp)
    where T : class, IBurst;
