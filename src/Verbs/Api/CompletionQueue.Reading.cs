namespace RdmaPipeline.Verbs;

/// <content>Reading completions one by one.</content>
public sealed partial class CompletionQueue
{
    /// <summary>Whether each completion has a time (<see cref="CompletionQueueOptions.Timestamps"/>).</summary>
    public bool HasTimestamps { get; }

    /// <summary>Begins to take completions one by one (start_poll).</summary>
    /// <param name="limit">How many at most.</param>
    /// <returns>The reader; it takes nothing before its first <see cref="CompletionReader.MoveNext"/>.</returns>
    /// <exception cref="RdmaException">EINVAL: a negative limit.</exception>
    public CompletionReader Read(int limit = int.MaxValue)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return limit >= 0 ? new CompletionReader(this, limit) : throw RdmaException.Invalid($"limit is {limit}; it must be 0 or more");
    }

    /// <summary>Takes one completion for a reader. As with Poll, only who would come away with nothing drives the device.</summary>
    internal bool TryTake(out WorkCompletion completion, out long timestamp, bool hasTaken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (TryTake(out completion, out timestamp))
            return true;
        if (hasTaken)
            return false;
        if (_device.Provider.Drive() && TryTake(out completion, out timestamp))
            return true;
        return IsOverrun ? throw Overrun() : false;
    }

    private bool TryTake(out WorkCompletion completion, out long timestamp)
    {
        while (true)
        {
            CompletionRing ring = Volatile.Read(ref _consumerRing);
            if (ring.TryTake(out completion, out timestamp))
                return true;
            if (!ring.IsDrained)
                return false;
            Interlocked.CompareExchange(ref _consumerRing, ring.Next!, ring);
        }
    }
}
