namespace RdmaPipeline.Graph.Blocks;

/// <summary>Whom a block tells about its end. Called on the shard, once.</summary>
/// <param name="Completed">It has passed on everything; the block's name.</param>
/// <param name="Faulted">It has discarded everything; the block's name and why.</param>
internal sealed record BlockEvents(Action<string>? Completed, Action<string, Exception>? Faulted);
