using System.Collections.Concurrent;

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>
/// A shard's world for driver tests: packets arrive from any thread, timers are armed on the shard, and a wait blocks for real
/// (a semaphore: sticky wake-ups, as the contract asks). Counts what was served, on the shard only.
/// </summary>
public sealed class FakeTraffic : IShardWork, IDisposable
{
    private readonly ConcurrentQueue<Action> _packets = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly PriorityQueue<Action, long> _timers = new();
    private long _next = long.MaxValue;
    private int _waiting;

    public long NowNanoseconds => System.Diagnostics.Stopwatch.GetElapsedTime(0).Ticks * 100;

    /// <summary>Called once, on the shard, when its holder is about to leave: after its last look at the queue.</summary>
    public Action? Leaving { get; set; }

    /// <summary>Called once, on the shard, by the next poll.</summary>
    public Action? Polling { get; set; }

    public long NextDeadlineNanoseconds
    {
        get
        {
            Action? leaving = Leaving;
            Leaving = null;
            leaving?.Invoke();
            return Volatile.Read(ref _next);
        }
    }

    public long Waits { get; private set; }

    public long WakeCalls;

    /// <summary>Any thread: traffic, as a packet would come; ends a wait by itself.</summary>
    public void Arrive(Action packet)
    {
        _packets.Enqueue(packet);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiting) != 0)
        {
            _wake.Set();
        }
    }

    /// <summary>On the shard: something to do later.</summary>
    public void Arm(long afterNanoseconds, Action action)
    {
        _timers.Enqueue(action, NowNanoseconds + afterNanoseconds);
        UpdateNext();
    }

    public bool Poll()
    {
        Action? polling = Polling;
        Polling = null;
        polling?.Invoke();
        bool did = polling is not null;
        for (int i = 0; i < 4 && _packets.TryDequeue(out Action? packet); i++)
        {
            packet();
            did = true;
        }

        while (_timers.TryPeek(out Action? timer, out long due) && due <= NowNanoseconds)
        {
            _timers.Dequeue();
            timer();
            did = true;
        }

        UpdateNext();
        return did;
    }

    public bool WaitForWork(long timeoutNanoseconds)
    {
        Volatile.Write(ref _waiting, 1);
        Interlocked.MemoryBarrier();
        Waits++;
        int milliseconds = timeoutNanoseconds < 0 ? -1 : (int)Math.Min(int.MaxValue, (timeoutNanoseconds / 1_000_000) + 1);
        bool woken = !_packets.IsEmpty || _wake.WaitOne(milliseconds);
        Volatile.Write(ref _waiting, 0);
        return woken;
    }

    public void Wake()
    {
        Interlocked.Increment(ref WakeCalls);
        _wake.Set();
    }

    public void Dispose() => _wake.Dispose();

    private void UpdateNext() => Volatile.Write(ref _next, _timers.TryPeek(out _, out long due) ? due : long.MaxValue);
}
