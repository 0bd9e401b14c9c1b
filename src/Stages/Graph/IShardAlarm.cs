namespace RdmaPipeline.Graph;

/// <summary>One deadline in the timers of a shard; belongs to the shard and allocates nothing when set.</summary>
public interface IShardAlarm
{
    /// <summary>Sets the alarm to a time on the shard's clock, in place of the time it was set to. It rings once.</summary>
    void Set(long nanoseconds);

    /// <summary>Forgets the time; harmless when none is set.</summary>
    void Cancel();
}
