using System.Diagnostics;
using RdmaPipeline.Graph.Scheduling;

namespace RdmaPipeline.Graph;

/// <summary>Runs a shard: drains its queue, polls its traffic, serves its timers; by exactly one thread at a time.</summary>
public abstract class ShardDriver : IDisposable
{
    /// <summary>Delegates run between two looks at the traffic.</summary>
    protected internal const int QueueBudget = 64;

    private readonly Action<Exception> _faulted;
    private bool _pollFaulted;

    private protected ShardDriver(ShardDriverKind kind, ShardScheduler scheduler, IShardWork work, Action<Exception> faulted)
    {
        Kind = kind;
        Scheduler = scheduler;
        Work = work;
        _faulted = faulted;
    }

    /// <summary>Who runs the shard.</summary>
    public ShardDriverKind Kind { get; }

    /// <summary>The shard.</summary>
    public ShardScheduler Scheduler { get; }

    /// <summary>What is driven beside the queue.</summary>
    protected IShardWork Work { get; }

    /// <summary>Makes a driver and starts its background thread, if it has one.</summary>
    /// <param name="kind">Hybrid, dedicated or polling; a seeded driver belongs to its <see cref="SeededShards"/>.</param>
    /// <param name="scheduler">The shard; it gets no other driver.</param>
    /// <param name="work">The shard's traffic and timers.</param>
    /// <param name="faulted">Told, on the shard, once, when <see cref="IShardWork.Poll"/> throws; it is not polled again.</param>
    public static ShardDriver Start(ShardDriverKind kind, ShardScheduler scheduler, IShardWork work, Action<Exception> faulted)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(faulted);
        if (kind is not (ShardDriverKind.Hybrid or ShardDriverKind.Dedicated or ShardDriverKind.Polling))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "A started driver is hybrid, dedicated or polling.");
        }

        var driver = new ThreadedDriver(kind, scheduler, work, faulted);
        driver.Launch();
        return driver;
    }

    /// <summary>
    /// Any thread that polls or waits: lends itself to the shard. Takes the free seat, runs the queue, polls once, gives the seat back.
    /// </summary>
    /// <returns>Whether anything was done; false also when another thread drives.</returns>
    public abstract bool Drive();

    /// <summary>Any thread, before it blocks: the shard's background thread takes over at once.</summary>
    public abstract void Handover();

    /// <summary>Whether a simulation has its shard stand still.</summary>
    public virtual bool IsPaused => false;

    /// <summary>A thread waits for the shard, which has nothing to do: in a simulation the clock moves on to whatever is next.</summary>
    /// <returns>False when no clock can be moved, or nothing will ever happen.</returns>
    public virtual bool Rest() => false;

    /// <summary>Stops the background thread. Work queued later stays where it is; call once the graph is drained.</summary>
    /// <returns>Completes when the thread has ended.</returns>
    public abstract Task StopAsync();

    /// <summary>Stops and, unless called by the background thread itself, joins it.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The clock of spinning, in nanoseconds: the processor's time, where the shard's own may be a virtual one.</summary>
    internal static long ReadClock() => (long)(Stopwatch.GetTimestamp() * (1_000_000_000.0 / Stopwatch.Frequency));

    /// <summary>Stops and joins.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>
    /// On the shard: one round. The queue runs again after the poll, so that what traffic has caused leaves with the same round.
    /// </summary>
    private protected bool RunRound()
    {
        bool ran = Scheduler.RunQueue(QueueBudget) > 0;
        bool polled = PollOnce();
        return (Scheduler.RunQueue(QueueBudget) > 0) | polled | ran;
    }

    private protected bool PollOnce()
    {
        if (_pollFaulted)
        {
            return false;
        }

        try
        {
            return Work.Poll();
        }
#pragma warning disable CA1031 // whatever it is, it is a bug that must fault the shard instead of killing the thread that happened to drive
        catch (Exception e)
#pragma warning restore CA1031
        {
            _pollFaulted = true;
            _faulted(e);
            return true;
        }
    }
}
