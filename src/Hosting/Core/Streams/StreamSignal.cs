using System.IO.Pipelines;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// Who waits for one thing, again and again, without allocating. It is armed under the stream's lock when what is waited for was found not
/// to be so, and fired outside of it when it may be so: who waits looks again, once for each time it was armed.
/// </summary>
internal sealed class StreamSignal(PipeScheduler scheduler) : IThreadPoolWorkItem
{
    private readonly bool _usesPool = scheduler == PipeScheduler.ThreadPool;
    private IStreamWaiter? _waiter;
    private int _armed;

    /// <summary>Whether somebody waits, or is about to.</summary>
    public bool IsArmed => Volatile.Read(ref _armed) != 0;

    /// <summary>Says who is going to arm it. There is one at a time.</summary>
    public void Attach(IStreamWaiter waiter) => _waiter = waiter;

    /// <summary>Who is attached waits from now on, and may be resumed before this returns.</summary>
    public void Arm() => Volatile.Write(ref _armed, 1);

    /// <summary>Ends the wait, if there is one.</summary>
    public void Fire()
    {
        if (Interlocked.Exchange(ref _armed, 0) == 0)
            return;
        if (_usesPool)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else
            scheduler.Schedule(static state => ((StreamSignal)state!).Execute(), this);
    }

    /// <inheritdoc/>
    public void Execute() => _waiter!.Resume();
}
