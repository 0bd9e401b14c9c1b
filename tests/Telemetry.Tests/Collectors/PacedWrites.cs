namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Writes a few messages every 10 ms, on a thread of its own, and keeps a diary of how many there were at which time.</summary>
internal sealed class PacedWrites : IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly List<(DateTimeOffset Time, long Count)> _diary = [];
    private readonly Thread _thread;
    private volatile bool _stop;

    public PacedWrites(WritePair pair, int perTick)
    {
        _thread = new Thread(() => Run(pair, perTick)) { IsBackground = true, Name = "paced writes" };
        _thread.Start();
    }

    /// <summary>Messages per second between two moments of the diary.</summary>
    public double Rate(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_lock)
        {
            var within = _diary.Where(entry => entry.Time >= from && entry.Time <= to).ToList();
            return (within[^1].Count - within[0].Count) / (within[^1].Time - within[0].Time).TotalSeconds;
        }
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Run(WritePair pair, int perTick)
    {
        using var timer = new PeriodicTimer(s_tick);
        for (var count = 0L; !_stop; count += perTick)
        {
            lock (_lock) _diary.Add((DateTimeOffset.UtcNow, count));
            pair.Write(perTick);
            timer.WaitForNextTickAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
