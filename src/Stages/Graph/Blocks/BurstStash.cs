using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Blocks;

/// <summary>
/// What waits at an output port, oldest first, numbered as messages. Guarded by the port's lock, but for <see cref="IsEmpty"/>.
/// </summary>
internal sealed class BurstStash<T>
    where T : class, IBurst
{
    private readonly Queue<(T Burst, int Items)> _bursts = new();
    private long _headId = 1;
    private long _offeredId;
    private volatile int _length;

    /// <summary>Any thread; only the shard adds, so on the shard an empty stash stays empty.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>The oldest burst has been offered to every target; it is their turn.</summary>
    public bool IsHeadOffered => _offeredId == _headId;

    public T Head => _bursts.Peek().Burst;

    public DataflowMessageHeader HeadHeader => new(_headId);

    public bool IsHead(DataflowMessageHeader header) => header.Id == _headId && _bursts.Count != 0;

    public void MarkOffered() => _offeredId = _headId;

    public void MarkNotOffered() => _offeredId = 0;

    public void Push(T burst, int items)
    {
        _bursts.Enqueue((burst, items));
        _length = _bursts.Count;
    }

    public T Pop()
    {
        T burst = _bursts.Dequeue().Burst;
        _length = _bursts.Count;
        _headId++;
        return burst;
    }

    /// <summary>What waits goes over another edge: it has left the one and come to the other.</summary>
    public void GoOver(EdgeMeter? from, EdgeMeter to)
    {
        foreach ((_, int items) in _bursts)
        {
            from?.CountConsumed(items);
            to.CountProduced(items);
        }
    }

    public QueueSize Count()
    {
        QueueSize size = default;
        foreach ((_, int items) in _bursts)
        {
            size += new QueueSize(items, 1);
        }

        return size;
    }
}
