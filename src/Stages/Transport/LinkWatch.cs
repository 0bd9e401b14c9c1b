namespace RdmaPipeline.Transport;

/// <summary>
/// Looks at the port at a low rate, for back-ends that cannot tell of a change themselves. The first shard's timer wheel says when; the
/// look runs on a thread of the pool, because a back-end may have to ask the system, and a shard never waits.
/// </summary>
internal sealed class LinkWatch : ShardTimer, IThreadPoolWorkItem
{
    private readonly DevicePort _port;
    private readonly long _period;
    private int _isLooking;

    /// <summary>Makes a watch that begins when a shard arms it.</summary>
    /// <param name="port">What to look at.</param>
    /// <param name="period">The time between two looks.</param>
    public LinkWatch(DevicePort port, TimeSpan period)
    {
        _port = port;
        _period = period.Ticks * TimeSpan.NanosecondsPerTick;
    }

    public override long Expire(long now)
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return now + _period;
    }

    public void Execute()
    {
        try
        {
            _port.Look();
        }
#pragma warning disable CA1031 // a look that fails, for whatever reason of the system's, says nothing about the link; the next one may
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }
}
