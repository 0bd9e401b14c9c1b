namespace RdmaPipeline.Graph;

/// <summary>
/// What a shard offers to its stages beside running them: the shard's time. All but the clock belongs to the shard.
/// </summary>
public interface IShardServices
{
    /// <summary>The shard's clock, in nanoseconds; never goes back. Any thread.</summary>
    long NowNanoseconds { get; }

    /// <summary>Makes an alarm in the shard's timers.</summary>
    /// <param name="rung">Called on the shard at, or shortly after, the time the alarm was set to.</param>
    IShardAlarm MakeAlarm(Action rung);
}
