using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;

namespace RdmaPipeline.Testing;

/// <summary>The shard that a stage under test stands on: virtual time, a pool and a codec.</summary>
internal sealed class StageClock(ShardScheduler scheduler, FrameCodec codec) : IPacketShard
{
    private readonly List<Alarm> _alarms = [];

    public long NowNanoseconds { get; private set; } = 1_000_000_000;

    public long EpochNanoseconds => 0;

    public PacketPool Pool { get; } = new();

    public FrameCodec Codec => codec;

    public IShardAlarm MakeAlarm(Action rung)
    {
        var alarm = new Alarm(rung);
        _alarms.Add(alarm);
        return alarm;
    }

    /// <summary>Moves on to the next alarm and rings it, on the shard.</summary>
    /// <returns>False when none is set, or it is later than the limit.</returns>
    public bool AdvanceToNext(long limit)
    {
        Alarm? next = null;
        foreach (var alarm in _alarms)
        {
            if (alarm.Due < (next?.Due ?? long.MaxValue))
                next = alarm;
        }

        if (next is null || next.Due > limit)
            return false;
        NowNanoseconds = Math.Max(NowNanoseconds, next.Due);
        bool entered = scheduler.TryEnter();
        next.Ring();
        if (entered)
            scheduler.Exit();
        return true;
    }

    private sealed class Alarm(Action rung) : IShardAlarm
    {
        public long Due { get; private set; } = long.MaxValue;

        public void Set(long nanoseconds) => Due = nanoseconds;

        public void Cancel() => Due = long.MaxValue;

        public void Ring()
        {
            Due = long.MaxValue;
            rung();
        }
    }
}
