namespace RdmaPipeline.Graph.Scheduling;

/// <summary>The driver of a shard in a seeded world: no thread, and to drive is to take one step of the world.</summary>
internal sealed class SeededDriver(SeededShards world, ShardScheduler scheduler, IShardWork work, Action<Exception> faulted)
    : ShardDriver(ShardDriverKind.Seeded, scheduler, work, faulted)
{
    public override bool IsPaused => world.IsPaused(this);

    public override bool Drive()
    {
        bool did = world.Step();
        if (!did)
        {
            world.Polled?.Invoke();
        }

        return did;
    }

    public override void Handover()
    {
        // Nobody else could take over; whoever waits in a seeded world steps it.
    }

    public override bool Rest() => world.Rested?.Invoke() ?? false;

    public override Task StopAsync()
    {
        world.Forget(this);
        return Task.CompletedTask;
    }

    public bool PollOnShard()
    {
        if (!Scheduler.TryEnter())
        {
            return false;
        }

        try
        {
            return PollOnce();
        }
        finally
        {
            Scheduler.Exit();
        }
    }

    protected override void Dispose(bool disposing) => world.Forget(this);
}
