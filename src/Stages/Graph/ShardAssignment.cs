namespace RdmaPipeline.Graph;

/// <summary>Which scheduler runs a shard's stages.</summary>
/// <param name="Shard">The shard's number in the description.</param>
/// <param name="Scheduler">Its scheduler; of no other shard.</param>
public readonly record struct ShardAssignment(int Shard, ShardScheduler Scheduler)
{
    /// <summary>What the shard offers to its stages; null for nothing, then no stage may ask for the time.</summary>
    public IShardServices? Services { get; init; }
}
