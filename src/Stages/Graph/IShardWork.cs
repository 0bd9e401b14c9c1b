namespace RdmaPipeline.Graph;

/// <summary>What a driver does for a shard beside running its queue: traffic, timers, and waiting for either.</summary>
public interface IShardWork
{
    /// <summary>The shard's clock, in nanoseconds; never goes back. Any thread.</summary>
    long NowNanoseconds { get; }

    /// <summary>When the next timer is due on that clock; <see cref="long.MaxValue"/> when there is none. Read on the shard.</summary>
    long NextDeadlineNanoseconds { get; }

    /// <summary>On the shard: one round of receiving what is there and serving what is due. Never blocks.</summary>
    /// <returns>Whether anything was done.</returns>
    bool Poll();

    /// <summary>
    /// Blocks the calling thread, which does not hold the shard, until traffic is there, <see cref="Wake"/> was called, or the time has
    /// passed. Returns at once when traffic is there already or a wake came since the last wait ended: a wake is never lost.
    /// </summary>
    /// <param name="timeoutNanoseconds">The longest wait; negative means without limit.</param>
    /// <returns>Whether it ended before the time had passed.</returns>
    bool WaitForWork(long timeoutNanoseconds);

    /// <summary>Any thread: ends the current wait, or the next.</summary>
    void Wake();
}
