using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Blocks;

/// <summary>
/// An output of a block: a source by the Dataflow contract. What no target takes at once waits in the stash, is offered once in order,
/// and is then fetched by the target that postponed it. Stashed first, offered second: a target may consume inside the offer. As in the
/// stock blocks, the lock is held while targets are called, so that a burst offered to several of them goes to one; targets never hold
/// theirs while they fetch.
/// </summary>
internal sealed partial class OutputPort<T>(StageBlock<T> owner, string name) : ISourceBlock<T>
    where T : class, IBurst
{
    private readonly Lock _lock = new();
    private readonly BurstStash<T> _stash = new();
    private PortLink<T>[] _links = [];
    private ITargetBlock<T>? _reservedBy;
    private EdgeMeter? _meter;

    // Whom to call directly; null while the gate is closed.
    private volatile StageBlock<T>? _direct;

    public string Name => name;

    public StageBlock<T> Owner => owner;

    public Task Completion => owner.Completion;

    /// <summary>The edge the port leads to; null for a block outside a graph.</summary>
    public Edge<T>? Edge { get; private set; }

    public bool IsEmpty => _stash.IsEmpty;

    /// <summary>Bursts of this port in its target's queue; guarded by the lock of that queue.</summary>
    public int AtTarget { get; set; }

    public bool HasRoomAtTarget => Edge is null || AtTarget < Edge.Capacity;

    private bool IsClosed => Edge is { Gate.IsClosed: true };

    public void Complete() => owner.Complete();

    public void Fault(Exception exception) => owner.Fault(exception);

    /// <summary>On the shard: the burst goes on, or into the stash.</summary>
    public void Emit(T burst, int items)
    {
        _meter?.CountProduced(items);
        if (_direct is not { } target || !_stash.IsEmpty || !target.TryRunInline(burst, _meter))
        {
            Stash(burst, items);
        }
    }

    public void GateChanged()
    {
        lock (_lock)
        {
            ChooseDirect();
        }

        Reoffer();
    }

    /// <summary>On the shard: offers what has not been offered yet.</summary>
    public void OfferStash()
    {
        lock (_lock)
        {
            while (!_stash.IsEmpty && _reservedBy is null && !IsClosed && !_stash.IsHeadOffered && _links.Length != 0)
            {
                _stash.MarkOffered();
                OfferHead();
            }
        }
    }

    /// <summary>Lets the head be offered again: a link was added, a reservation released, the gate opened.</summary>
    public void Reoffer()
    {
        lock (_lock)
        {
            _stash.MarkNotOffered();
        }

        if (!_stash.IsEmpty)
        {
            owner.RequestTurn();
        }
    }

    public IDisposable LinkTo(ITargetBlock<T> target, DataflowLinkOptions linkOptions)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(linkOptions);
        var link = new PortLink<T>(this, target, linkOptions);
        lock (_lock)
        {
            _links = linkOptions.Append ? [.. _links, link] : [link, .. _links];
            ChooseDirect();
        }

        if (owner.Completion.IsCompleted)
        {
            link.Propagate(owner.Completion);
        }

        Reoffer();
        return link;
    }

    public void Unlink(PortLink<T> link)
    {
        lock (_lock)
        {
            _links = [.. _links.Where(l => l != link)];
            ChooseDirect();
        }
    }

    public T? ConsumeMessage(DataflowMessageHeader messageHeader, ITargetBlock<T> target, out bool messageConsumed)
    {
        Check(messageHeader, target);
        T burst;
        lock (_lock)
        {
            bool mine = _stash.IsHead(messageHeader) && (_reservedBy is null || _reservedBy == target);
            messageConsumed = mine;
            if (!mine)
            {
                return null;
            }

            _reservedBy = null;
            burst = Pop(target);
        }

        owner.RequestTurn();
        return burst;
    }

    public bool ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<T> target)
    {
        Check(messageHeader, target);
        lock (_lock)
        {
            if (!_stash.IsHead(messageHeader) || _reservedBy is not null)
            {
                return false;
            }

            _reservedBy = target;
            return true;
        }
    }

    public void ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<T> target)
    {
        Check(messageHeader, target);
        lock (_lock)
        {
            if (!_stash.IsHead(messageHeader) || _reservedBy != target)
            {
                throw new InvalidOperationException($"The target holds no reservation at port '{name}' of '{owner.Name}'.");
            }

            _reservedBy = null;
        }

        Reoffer();
    }

    /// <summary>Counts what waits here.</summary>
    public QueueSize Count()
    {
        lock (_lock)
        {
            return _stash.Count();
        }
    }

    /// <summary>On the shard, after a fault: lets go of everything.</summary>
    public void Discard()
    {
        lock (_lock)
        {
            while (!_stash.IsEmpty)
            {
                T burst = Pop(target: null);
                if (Edge is { } edge)
                {
                    edge.To.Discard(burst, edge.Meter);
                }
                else
                {
                    burst.Release();
                }
            }

            _reservedBy = null;
        }
    }

    public void PropagateCompletion()
    {
        foreach (PortLink<T> link in Volatile.Read(ref _links))
        {
            link.Propagate(owner.Completion);
        }
    }

    private static void Check(DataflowMessageHeader header, ITargetBlock<T> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!header.IsValid)
        {
            throw new ArgumentException("The message header is not valid.", nameof(header));
        }
    }

    private void Stash(T burst, int items)
    {
        lock (_lock)
        {
            _stash.Push(burst, items);
        }

        owner.CountStashed(1);
        OfferStash();
    }

    private void OfferHead()
    {
        T burst = _stash.Head;
        DataflowMessageHeader header = _stash.HeadHeader;
        foreach (PortLink<T> link in _links)
        {
            DataflowMessageStatus status = link.Target.OfferMessage(header, burst, this, consumeToAccept: false);
            if (status == DataflowMessageStatus.Accepted && _stash.IsHead(header))
            {
                Pop(link.Target);
            }

            if (!_stash.IsHead(header))
            {
                return;
            }

            _meter?.CountRefused();
            if (status == DataflowMessageStatus.DecliningPermanently)
            {
                Unlink(link);
            }
        }
    }

    private T Pop(ITargetBlock<T>? target)
    {
        T burst = _stash.Pop();
        owner.CountStashed(-1);
        foreach (PortLink<T> link in _links)
        {
            if (link.Target == target && link.CountDown())
            {
                Unlink(link);
                break;
            }
        }

        return burst;
    }

    private void ChooseDirect()
    {
        bool direct = !IsClosed && _links is [{ IsLimited: false, Target: StageBlock<T> only }] && only.RunsInlineFor(owner);
        _direct = direct ? (StageBlock<T>)_links[0].Target : null;
    }
}
