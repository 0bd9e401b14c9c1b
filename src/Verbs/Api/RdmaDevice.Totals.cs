namespace RdmaPipeline.Verbs;

/// <content>What the device holds in all, for whoever watches it.</content>
public sealed partial class RdmaDevice
{
    private long _completionOverruns;

    /// <summary>Completions in all completion queues that wait to be polled.</summary>
    internal long WaitingCompletions
    {
        get
        {
            lock (Control)
                return _completionQueues.Sum(queue => (long)queue.Count);
        }
    }

    /// <summary>Completion queues that were overrun since the device was opened (R-CQ-8).</summary>
    internal long CompletionOverruns => Volatile.Read(ref _completionOverruns);

    /// <summary>Bytes of all memory regions; one without bounds counts as none.</summary>
    internal long RegisteredBytes
    {
        get
        {
            lock (Control)
                return _regions.Where(region => region.Length <= long.MaxValue).Sum(region => (long)region.Length);
        }
    }

    /// <summary>A completion queue was overrun. Any shard.</summary>
    internal void CountCompletionOverrun() => Interlocked.Increment(ref _completionOverruns);
}
