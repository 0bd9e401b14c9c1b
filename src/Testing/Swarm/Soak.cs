using System.Diagnostics;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>Runs seed after seed, on all processors, until the time is over or enough of them were run.</summary>
public sealed class Soak
{
    private readonly Lock _lock = new();
    private readonly ulong _first;
    private readonly ulong _count;
    private readonly TimeSpan _time;
    private ulong _taken;
    private long _seeds;
    private long _packets;
    private readonly SortedDictionary<ulong, Exception> _violations = [];

    /// <summary>Prepares one.</summary>
    /// <param name="first">The first seed; the others follow it.</param>
    /// <param name="time">How long; a seed that has begun is finished.</param>
    /// <param name="count">How many seeds at most.</param>
    public Soak(ulong first, TimeSpan time, ulong count = ulong.MaxValue) => (_first, _time, _count) = (first, time, count);

    /// <summary>Told of each violation as it is found.</summary>
    public Action<Exception>? Found { get; init; }

    /// <summary>What was wrong under which seed.</summary>
    public IReadOnlyDictionary<ulong, Exception> Violations => _violations;

    /// <summary>Runs.</summary>
    /// <param name="cancellation">Ends it before its time.</param>
    public SoakReport Run(CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        Thread[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() => Work(clock, cancellation)))];
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        ulong? failing = _violations.Count == 0 ? null : _violations.Keys.First();
        return new SoakReport(_seeds, _packets, _violations.Count, failing);
    }

    private void Work(Stopwatch clock, CancellationToken cancellation)
    {
        while (clock.Elapsed < _time && !cancellation.IsCancellationRequested && TryTake(out var seed))
        {
            try
            {
                var result = SwarmRun.Run(seed);
                Interlocked.Add(ref _packets, result.Packets);
            }
            catch (SwarmViolationException violation)
            {
                lock (_lock) _violations[seed] = violation;
                Found?.Invoke(violation);
            }

            Interlocked.Increment(ref _seeds);
        }
    }

    private bool TryTake(out ulong seed)
    {
        lock (_lock)
        {
            seed = unchecked(_first + _taken);
            if (_taken == _count) return false;
            _taken++;
            return true;
        }
    }
}
