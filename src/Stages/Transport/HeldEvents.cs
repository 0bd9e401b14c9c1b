using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>The events of completion queues that one shard holds back for a time, at most one a queue.</summary>
internal sealed class HeldEvents : ShardTimer
{
    private (CompletionQueue Queue, long Due)[] _held = new (CompletionQueue, long)[4];
    private int _count;

    /// <summary>Takes in an event.</summary>
    /// <returns>When the first of all is due.</returns>
    public long Add(CompletionQueue queue, long due)
    {
        if (_count == _held.Length)
            Array.Resize(ref _held, 2 * _count);
        _held[_count++] = (queue, due);
        return Earliest();
    }

    public override long Expire(long now)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_held[i].Due <= now)
                _held[i].Queue.FireHeldBack();
            else
                _held[kept++] = _held[i];
        }
        Array.Clear(_held, kept, _count - kept);
        _count = kept;
        return Earliest();
    }

    private long Earliest()
    {
        long earliest = TimerWheel.Never;
        for (int i = 0; i < _count; i++)
            earliest = Math.Min(earliest, _held[i].Due);
        return earliest;
    }
}
