using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Blocks;

/// <summary>
/// The bounded input of a block: queue and postponed offers under one lock, because only both together say whether a burst may be accepted
/// (never while an older offer is postponed or on its way, or the order is lost). The lock is never held while another block is called,
/// but for an offer that must be consumed to be accepted, which the source makes on its own thread.
/// </summary>
internal sealed class BlockInput<T>(int capacity)
    where T : class, IBurst
{
    private int _capacity = capacity;
    private readonly Lock _lock = new();
    private readonly Queue<QueuedBurst<T>> _queue = new();
    private readonly PostponedOffers<T> _postponed = new();
    private bool _isFetching;
    private int _sinceStamp;

    // Read without the lock by the fast path: 0 there means that nothing is queued, held back or postponed.
    private volatile int _occupancy;
    private volatile int _waiting;
    private volatile bool _declines;

    public int Capacity
    {
        get => Volatile.Read(ref _capacity);
        set
        {
            lock (_lock)
            {
                _capacity = value;
            }
        }
    }

    /// <summary>Whether a burst may pass by the queue.</summary>
    public bool IsIdle => _occupancy == 0 && _waiting == 0 && !_declines;

    /// <summary>Whether bursts are queued or could be fetched.</summary>
    public bool HasBursts => _waiting != 0 || _queue.Count != 0;

    /// <summary>Whether it was told to take nothing more.</summary>
    public bool Declines => _declines;

    /// <summary>Whether it was told to take nothing more, and nothing is left in it.</summary>
    public bool IsFinished => _declines && _queue.Count == 0 && _waiting == 0;

    /// <returns>Whether this was the first time.</returns>
    public bool Decline()
    {
        lock (_lock)
        {
            bool first = !_declines;
            _declines = true;
            return first;
        }
    }

    public DataflowMessageStatus Offer(
        DataflowMessageHeader header, T burst, ISourceBlock<T>? source, bool consumeToAccept, ITargetBlock<T> target)
    {
        lock (_lock)
        {
            var port = source as OutputPort<T>;
            if (_declines)
            {
                return DataflowMessageStatus.DecliningPermanently;
            }

            if (_occupancy >= _capacity || _postponed.Count != 0 || _isFetching || port is { HasRoomAtTarget: false })
            {
                return Postpone(header, source);
            }

            bool available = true;
            T? accepted = consumeToAccept ? source!.ConsumeMessage(header, target, out available) : burst;
            if (!available)
            {
                return DataflowMessageStatus.NotAvailable;
            }

            _occupancy++;
            Append(accepted!, port);
            return DataflowMessageStatus.Accepted;
        }
    }

    /// <summary>Takes the oldest queued burst; its place stays occupied until <see cref="Settle"/> says otherwise.</summary>
    public bool TryTake(out QueuedBurst<T> queued)
    {
        lock (_lock)
        {
            if (!_queue.TryDequeue(out queued))
            {
                return false;
            }

            if (queued.From is { } port)
            {
                port.AtTarget--;
            }

            return true;
        }
    }

    /// <summary>Fetches one postponed burst into the queue, if there is room.</summary>
    public bool Fetch(ITargetBlock<T> target)
    {
        if (!BeginFetch(out ISourceBlock<T> source, out DataflowMessageHeader header))
        {
            return false;
        }

        T? burst = source.ConsumeMessage(header, target, out bool consumed);
        lock (_lock)
        {
            _isFetching = false;
            _waiting = _postponed.Count;
            if (consumed)
            {
#if !CANARY_LOST_BURST
                Append(burst!, source as OutputPort<T>);
#endif
            }
            else
            {
                _occupancy--;
            }
        }

        return true;
    }

    /// <summary>Changes the number of places that bursts in processing, deferred or stashed at the outputs occupy.</summary>
    public void Settle(int difference)
    {
        lock (_lock)
        {
            _occupancy += difference;
        }
    }

    /// <summary>Takes a postponed offer in order to tell its source that it will not be consumed.</summary>
    public bool TryForget(out ISourceBlock<T> source, out DataflowMessageHeader header)
    {
        lock (_lock)
        {
            bool found = _postponed.TryTake(withRoom: false, out source, out header);
            _waiting = _postponed.Count;
            return found;
        }
    }

    /// <summary>Forgets what a source has offered: it will offer anew, here or elsewhere.</summary>
    public void Forget(ISourceBlock<T> source)
    {
        lock (_lock)
        {
            _postponed.Remove(source);
            _waiting = _postponed.Count;
        }
    }

    public bool IsPostponed(ISourceBlock<T> source)
    {
        lock (_lock)
        {
            return _postponed.Contains(source);
        }
    }

    /// <summary>Counts what is queued from one port, or (null) in all.</summary>
    public QueueSize Count(OutputPort<T>? from)
    {
        lock (_lock)
        {
            QueueSize size = default;
            foreach (QueuedBurst<T> queued in _queue)
            {
                size += from is null || queued.From == from ? new QueueSize(queued.Items, 1) : default;
            }

            return size;
        }
    }

    private DataflowMessageStatus Postpone(DataflowMessageHeader header, ISourceBlock<T>? source)
    {
        if (source is null)
        {
            return DataflowMessageStatus.Declined; // a post: nobody could be asked later
        }

        _postponed.Push(source, header);
        _waiting = _postponed.Count;
        return DataflowMessageStatus.Postponed;
    }

    private bool BeginFetch(out ISourceBlock<T> source, out DataflowMessageHeader header)
    {
        lock (_lock)
        {
            source = null!;
            header = default;
            bool mayFetch = _waiting != 0 && !_isFetching && !_declines && _occupancy < _capacity;
            if (!mayFetch || !_postponed.TryTake(withRoom: true, out source, out header))
            {
                return false;
            }

            // One place is taken and the line stays closed until the burst is here; its source may offer the next one meanwhile.
            _isFetching = true;
            _occupancy++;
            return true;
        }
    }

    private void Append(T burst, OutputPort<T>? port)
    {
        long stamp = 0;
        if (++_sinceStamp == StageMeter.SampleInterval)
        {
            _sinceStamp = 0;
            stamp = StageMeter.ReadClock();
        }

        if (port is not null)
        {
            port.AtTarget++;
        }

        _queue.Enqueue(new QueuedBurst<T>(burst, burst.Count, port, stamp));
    }
}
