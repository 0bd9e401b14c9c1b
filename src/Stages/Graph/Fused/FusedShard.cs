using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Graph.Scheduling;

namespace RdmaPipeline.Graph.Fused;

/// <summary>
/// The one block in front of a fused shard. Doorbells, wakes and opened gates enter through its turn; behind it the stages call each other
/// directly. It holds no queue: what a blocked stage cannot take waits on its edge and blocks the stage before it, up to the pumps.
/// </summary>
internal sealed class FusedShard<T> : IGraphBlock
    where T : class, IBurst
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BlockEvents _events;
    private readonly ShardTurn _turn;
    private FusedHost<T>[] _downstreamFirst = [];
    private DrainWatch? _watch;
    private Exception? _fault;
    private volatile bool _declines;

    public FusedShard(string name, ShardScheduler scheduler, BlockEvents events)
    {
        Name = name;
        Scheduler = scheduler;
        _events = events;
        _turn = new ShardTurn(scheduler, TakeTurn);
    }

    public string Name { get; }

    public ShardScheduler Scheduler { get; }

    public Task Completion => _completion.Task;

    /// <summary>Whether it was told to drain: polled pumps rest, pumps with doorbells go on until they have nothing left.</summary>
    public bool Declines => _declines;

    /// <summary>On the shard: pumps make nothing new.</summary>
    public bool IsResting { get; private set; }

    public bool IsEmpty => Array.TrueForAll(_downstreamFirst, h => !h.IsBlocked);

    public bool IsFaulted => Volatile.Read(ref _fault) is not null;

    /// <summary>Takes over its stages, in an order in which every edge leads backwards.</summary>
    public void Host(IEnumerable<FusedHost<T>> downstreamFirst) => _downstreamFirst = [.. downstreamFirst];

    public void RequestTurn() => _turn.Request();

    public void Complete()
    {
        _declines = true;
        foreach (FusedHost<T> host in _downstreamFirst)
        {
            host.Wake();
        }
    }

    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Interlocked.CompareExchange(ref _fault, exception, null);
        Complete();
    }

    public void Rest() => IsResting = true;

    public void GoOn()
    {
        IsResting = false;
        Array.ForEach(_downstreamFirst, h => h.GivesOut = false);
        RequestTurn();
    }

    public void Watch(DrainWatch? watch)
    {
        _watch = watch;
        RequestTurn();
    }

    public void Retire()
    {
        End();
        _declines = true;
        _completion.TrySetResult();
    }

    private void TakeTurn()
    {
        RunTurn();
        if (_watch?.Check() == true)
        {
            _watch = null;
        }
    }

    private void RunTurn()
    {
        if (_completion.Task.IsCompleted)
        {
            return;
        }

        bool more = false;
        foreach (FusedHost<T> host in _downstreamFirst)
        {
            host.Advance();
        }

        foreach (FusedHost<T> host in _downstreamFirst)
        {
            more |= host.RunPump();
        }

        if (!IsFaulted)
        {
            GiveOutLast();
        }

        if (IsFaulted)
        {
            DiscardAll();
        }
        else if (more)
        {
            RequestTurn();
        }
        else if (_declines && !IsAnyBusy())
        {
            End();
            _completion.TrySetResult();
            _events.Completed?.Invoke(Name);
        }
    }

    // Upstream first: what one gives out the next may hold.
    private void GiveOutLast()
    {
        for (int i = _downstreamFirst.Length - 1; i >= 0; i--)
        {
            FusedHost<T> host = _downstreamFirst[i];
            if (_declines || host.GivesOut)
            {
                host.GiveOutLast();
            }
        }
    }

    private void End()
    {
        foreach (FusedHost<T> host in _downstreamFirst)
        {
            host.End();
        }
    }

    // Asked when all have had their turn: a pump may have filled a stage that was idle before.
    private bool IsAnyBusy()
    {
        foreach (FusedHost<T> host in _downstreamFirst)
        {
            if (host.IsBusy)
            {
                return true;
            }
        }

        return false;
    }

    private void DiscardAll()
    {
        foreach (FusedHost<T> host in _downstreamFirst)
        {
            host.DiscardAll();
        }

        End();
        string culprit = Array.Find(_downstreamFirst, h => h.Failure is not null)?.Name ?? Name;
        _completion.TrySetException(_fault!);
        _ = _completion.Task.Exception; // observed: the graph is told through its events
        _events.Faulted(Name, culprit, _fault!);
    }
}
