namespace RdmaPipeline.Graph.Scheduling;

/// <summary>A shard of a seeded world with the delegates that wait on it, in the order they were queued.</summary>
internal sealed class SeededShard(ShardScheduler scheduler)
{
    private readonly List<object> _ready = [];

    public ShardScheduler Scheduler => scheduler;

    /// <summary>Nothing of it runs.</summary>
    public bool IsPaused { get; set; }

    public int Ready => IsPaused ? 0 : _ready.Count;

    public int Collect()
    {
        if (scheduler.HasWork && scheduler.TryEnter())
        {
            scheduler.MoveTo(_ready);
            scheduler.Exit();
        }

        return Ready;
    }

    public bool Run(int index)
    {
        if (!scheduler.TryEnter())
        {
            return false; // a delegate of this shard is the caller
        }

        object work = _ready[index];
        _ready.RemoveAt(index);
        try
        {
            scheduler.Execute(work);
        }
        finally
        {
            scheduler.Exit();
        }

        return true;
    }
}
