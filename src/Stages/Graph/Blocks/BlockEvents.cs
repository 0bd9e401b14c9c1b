namespace RdmaPipeline.Graph.Blocks;

/// <summary>Whom a block tells about its end. Called on the shard, once.</summary>
/// <param name="Completed">It has passed on everything; the block's name.</param>
/// <param name="Faulted">It has discarded everything; the block's name, the name of the stage in it that failed, and why.</param>
internal sealed record BlockEvents(Action<string>? Completed, Action<string, string, Exception> Faulted);
