namespace RdmaPipeline.Graph.Reshaping;

/// <summary>Has something done on a shard.</summary>
internal static class Shards
{
    /// <summary>Runs an action on a shard, between two of its delegates; at once when the caller is one of them.</summary>
    public static Task Run(ShardScheduler shard, Action action)
    {
        if (shard.IsShardThread && TaskScheduler.Current == shard)
        {
            action();
            return Task.CompletedTask;
        }

        return Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.DenyChildAttach, shard);
    }
}
