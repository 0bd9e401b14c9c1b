using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using RdmaPipeline.Graph.Scheduling;

namespace RdmaPipeline.Graph;

/// <summary>
/// A shard: an exclusive task scheduler. Its delegates (tasks of stock blocks, turns of stage blocks) run one at a time, on whichever
/// thread holds the shard's seat; so what a shard owns needs no lock. Any thread may queue work, the holder of the seat runs it.
/// </summary>
public sealed class ShardScheduler : TaskScheduler
{
    [ThreadStatic]
    private static ShardScheduler? t_current;

    private readonly ConcurrentQueue<object> _remote = new();
    private readonly Queue<object> _local = new();
    private ShardScheduler? _outer;
    private int _localCount;
    private int _seat;

    /// <summary>Makes a shard.</summary>
    /// <param name="name">A name for people.</param>
    public ShardScheduler(string name = "shard") => Name = name;

    /// <summary>A name for people.</summary>
    public string Name { get; }

    /// <summary>One: a shard is never run by two threads.</summary>
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Whether the calling thread holds the seat of this shard.</summary>
    public bool IsShardThread => ReferenceEquals(t_current, this);

    /// <summary>Whether anybody holds the seat.</summary>
    public bool IsTaken => Volatile.Read(ref _seat) != 0;

    /// <summary>Whether delegates wait.</summary>
    public bool HasWork => Volatile.Read(ref _localCount) != 0 || !_remote.IsEmpty;

    /// <summary>Called after work was queued by a thread that does not hold the seat; set once, by the driver.</summary>
    public Action? WorkQueued { get; set; }

    /// <summary>
    /// How many bursts a stage block may take in one turn; a seeded scheduler makes it 1, so that turns interleave freely.
    /// </summary>
    internal int BurstsPerTurn { get; init; } = 16;

    /// <summary>Whether a seeded test runs it, step by step.</summary>
    internal bool IsSeeded => BurstsPerTurn == 1;

    /// <summary>Takes the seat if it is free. A thread may hold seats of several shards, inside one another, but none twice.</summary>
    public bool TryEnter()
    {
        if (Volatile.Read(ref _seat) != 0 || Interlocked.CompareExchange(ref _seat, 1, 0) != 0)
        {
            return false;
        }

        _outer = t_current;
        t_current = this;
        return true;
    }

    /// <summary>Gives the seat back; a full fence, so what is read afterwards is not older than the release.</summary>
    /// <exception cref="InvalidOperationException">The calling thread does not hold it.</exception>
    public void Exit()
    {
        Leave();
        Interlocked.Exchange(ref _seat, 0);
    }

    /// <summary>
    /// Leaves the seat and keeps it taken: nobody runs this shard any more. A thread that closes shards and lives on does not keep them.
    /// </summary>
    /// <exception cref="InvalidOperationException">The calling thread does not hold the seat.</exception>
    public void Seal() => Leave();

    /// <summary>On the shard: runs delegates, those they queue included.</summary>
    /// <param name="budget">The most delegates to run.</param>
    /// <returns>How many ran.</returns>
    public int RunQueue(int budget)
    {
        for (int ran = 0; ran < budget; ran++)
        {
            if (!TryTake(out object? work))
            {
                return ran;
            }

            Execute(work);
        }

        return budget;
    }

    internal void Enqueue(object work)
    {
        if (IsShardThread)
        {
            _local.Enqueue(work);
            Volatile.Write(ref _localCount, _local.Count);
            return;
        }

        _remote.Enqueue(work);
        WorkQueued?.Invoke();
    }

    /// <summary>Moves every waiting delegate into a list, oldest first; a seeded run then chooses among them.</summary>
    internal void MoveTo(List<object> ready)
    {
        while (TryTake(out object? work))
        {
            ready.Add(work);
        }
    }

    internal void Execute(object work)
    {
        if (work is ShardTurn turn)
        {
            turn.Take();
        }
        else
        {
            ExecuteApart((Task)work);
        }
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task) => Enqueue(task);

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        IsShardThread && !taskWasPreviouslyQueued && !IsSeeded && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => _remote.OfType<Task>();

    // The thread lends itself, not its context: what awaits on the shard goes on there, and not where the thread came from.
    private void ExecuteApart(Task task)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        if (context is null)
        {
            TryExecuteTask(task);
            return;
        }

        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            TryExecuteTask(task);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void Leave()
    {
        if (!IsShardThread)
        {
            throw new InvalidOperationException($"The calling thread does not hold the seat of shard '{Name}'.");
        }

        t_current = _outer;
        _outer = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake(out object work)
    {
        // What came from outside takes its place behind what the shard itself has queued: neither starves the other.
        if (_remote.TryDequeue(out object? remote))
        {
            _local.Enqueue(remote);
        }

        bool taken = _local.TryDequeue(out work!);
        Volatile.Write(ref _localCount, _local.Count);
        return taken;
    }
}
