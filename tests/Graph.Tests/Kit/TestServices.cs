namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>The time of a test's shard: it passes when the test says so.</summary>
public sealed class TestServices : IShardServices
{
    private readonly List<Alarm> _alarms = [];

    public long NowNanoseconds { get; private set; }

    /// <summary>Alarms that are set.</summary>
    public int Set => _alarms.Count(a => a.Due is not null);

    public IShardAlarm MakeAlarm(Action rung)
    {
        var alarm = new Alarm(rung);
        _alarms.Add(alarm);
        return alarm;
    }

    public void AdvanceTo(long nanoseconds)
    {
        NowNanoseconds = nanoseconds;
        foreach (Alarm alarm in _alarms.Where(a => a.Due <= nanoseconds).ToList())
        {
            alarm.Ring();
        }
    }

    private sealed class Alarm(Action rung) : IShardAlarm
    {
        public long? Due { get; private set; }

        public void Set(long nanoseconds) => Due = nanoseconds;

        public void Cancel() => Due = null;

        public void Ring()
        {
            Due = null;
            rung();
        }
    }
}
