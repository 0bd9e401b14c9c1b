using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Fused;

/// <summary>An edge between two stages of a fused shard: a direct call, and a place to wait when the target cannot be called.</summary>
internal sealed class FusedEdge<T> : Edge<T>
    where T : class, IBurst
{
    private readonly Lock _lock = new();
    private readonly Queue<(T Burst, int Items)> _waiting = new();
    private readonly FusedHost<T> _from;
    private readonly FusedHost<T> _to;
    private volatile int _count;

    public FusedEdge(EdgeSpec spec, FusedHost<T> from, FusedHost<T> to, int port, Edge<T>? previous)
        : base(spec, from, to, previous)
    {
        _from = from;
        _to = to;
        from.Connect(this, port);
        to.AddInput(this);
    }

    public override QueueSize WaitingAtSource
    {
        get
        {
            lock (_lock)
            {
                QueueSize size = default;
                foreach ((_, int items) in _waiting)
                {
                    size += new QueueSize(items, 1);
                }

                return size;
            }
        }
    }

    public bool IsEmpty => _count == 0;

    public void Push(T burst, int items)
    {
        Meter.CountProduced(items);
        if (_count == 0 && !Gate.IsClosed && _to.CanTake)
        {
            _to.Take(burst, this);
            return;
        }

        Meter.CountRefused();
        _from.Meter.EnterBlocked();
        lock (_lock)
        {
            _waiting.Enqueue((burst, items));
            _count = _waiting.Count;
        }

        _from.CountWaiting(1);

        if (!Gate.IsClosed)
        {
            _from.Shard.RequestTurn(); // the target may be free by then: it may have been in the middle of a call
        }
    }

    public void Flush()
    {
        while (_count != 0 && !Gate.IsClosed && _to.CanTake)
        {
            T burst = TakeOldest();
            _to.Meter.CountQueued(burst.Count);
            _to.Take(burst, this);
        }
    }

    public void Discard()
    {
        while (_count != 0)
        {
            To.Discard(TakeOldest(), Meter);
        }
    }

    private protected override QueueSize Count() =>
        _to.HasDeferredFrom(this, out int items) ? WaitingAtSource + new QueueSize(items, 1) : WaitingAtSource;

    private protected override void Reconnect()
    {
        // A fused shard goes as a whole: the hosts at both ends have kept it.
    }

    private protected override void GateChanged() => _from.Shard.RequestTurn();

    private T TakeOldest()
    {
        lock (_lock)
        {
            T burst = _waiting.Dequeue().Burst;
            _count = _waiting.Count;
            _from.CountWaiting(-1);
            return burst;
        }
    }
}
