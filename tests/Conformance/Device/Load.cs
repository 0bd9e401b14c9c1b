using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// Threads that keep a queue pair busy with one kind of request, and one that polls, until the queue pair fails or is disposed of.
/// </summary>
internal sealed class Load : IDisposable
{
    private const int Posters = 2;
    private const int Outstanding = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CompletionQueue _queue;
    private readonly QueuePair _queuePair;
    private readonly Thread[] _threads;
    private int _posted;
    private int _completions;
    private volatile bool _hasFailed;
    private volatile bool _ends;

    public Load(QueuePair queuePair, CompletionQueue queue, SendWorkRequest request)
    {
        (_queuePair, _queue) = (queuePair, queue);
        _threads = [.. Enumerable.Range(0, Posters).Select(_ => new Thread(() => Post(request))), new Thread(Poll)];
        foreach (var thread in _threads)
            thread.Start();
    }

    public void AwaitCompletions(int count) => Await(() => Volatile.Read(ref _completions) >= count, $"{count} completions");

    /// <summary>Waits until the queue pair has failed.</summary>
    public void AwaitEnd() => Await(() => _hasFailed, "a completion with an error");

    public void Dispose()
    {
        _ends = true;
        foreach (var thread in _threads)
            Assert.True(thread.Join(Patience), "a thread of the load hangs");
    }

    private static void Await(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, Patience), $"never: {what}");

    private void Post(SendWorkRequest request)
    {
        try
        {
            while (!_ends && !_hasFailed)
            {
                // No more than the completion queue holds: a send queue frees its slot before its completion is polled.
                if (Interlocked.Increment(ref _posted) - Volatile.Read(ref _completions) <= Outstanding && _queuePair.TryPostSend(request))
                    continue;
                Interlocked.Decrement(ref _posted);
                Thread.Yield();
            }
        }
        catch (ObjectDisposedException)
        {
            // The end of the load: the queue pair was disposed of while it was busy.
        }
    }

    private void Poll()
    {
        var some = new WorkCompletion[16];
        while (!_ends)
        {
            int count = _queue.Poll(some);
            Interlocked.Add(ref _completions, count);
            if (some.AsSpan(0, count).ToArray().Any(completion => !completion.IsSuccess))
                _hasFailed = true;
            if (count == 0)
                Thread.Yield();
        }
    }
}
