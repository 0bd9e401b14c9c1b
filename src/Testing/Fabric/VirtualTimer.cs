namespace RdmaPipeline.Testing;

/// <summary>A timer on a virtual clock.</summary>
internal sealed class VirtualTimer(VirtualTimeProvider time, TimerCallback callback, object? state) : ITimer
{
    private long _setting;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_setting < 0)
            return false;
        // What an earlier setting has scheduled finds that it is no longer meant.
        _setting++;
        if (dueTime != Timeout.InfiniteTimeSpan)
            Arm(_setting, dueTime, period);
        return true;
    }

    public void Dispose() => _setting = -1;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Arm(long setting, TimeSpan dueTime, TimeSpan period) =>
        time.Schedule(time.Nanoseconds + (dueTime.Ticks * TimeSpan.NanosecondsPerTick), () =>
        {
            if (_setting != setting)
                return;
            if (period > TimeSpan.Zero)
                Arm(setting, period, period);
            callback(state);
        });
}
