namespace RdmaPipeline.Transport;

/// <summary>Something of a shard, other than a queue pair, that waits for its time in the shard's timer wheel.</summary>
internal abstract class ShardTimer : TimerEntry
{
    /// <summary>On the shard: the time has come.</summary>
    /// <param name="now">Nanoseconds on the shard's clock.</param>
    /// <returns>When to be called again; <see cref="TimerWheel.Never"/> for not again.</returns>
    public abstract long Expire(long now);
}
