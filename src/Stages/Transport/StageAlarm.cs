using RdmaPipeline.Graph;

namespace RdmaPipeline.Transport;

/// <summary>The alarm of a stage in the timers of its shard.</summary>
internal sealed class StageAlarm(Shard shard, Action rung) : ShardTimer, IShardAlarm
{
    public void Set(long nanoseconds) => shard.Schedule(this, nanoseconds);

    public void Cancel() => shard.Unschedule(this);

    public override long Expire(long now)
    {
        rung();
        return TimerWheel.Never;
    }
}
