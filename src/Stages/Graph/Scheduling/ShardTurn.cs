namespace RdmaPipeline.Graph.Scheduling;

/// <summary>
/// A delegate that is queued again and again without allocating: a block's turn on its shard. At most one is in the queue at a time,
/// and a request that comes after the turn has begun gives another turn: no request is lost.
/// </summary>
internal sealed class ShardTurn(ShardScheduler scheduler, Action run)
{
    private int _requested;

    public bool IsRequested => Volatile.Read(ref _requested) != 0;

    public void Request()
    {
        if (Interlocked.Exchange(ref _requested, 1) == 0)
        {
            scheduler.Enqueue(this);
        }
    }

    public void Take()
    {
        // Cleared before the run, with a full fence: whoever sees it set knows that the run has yet to look at the state he left.
        Interlocked.Exchange(ref _requested, 0);
        run();
    }
}
