using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// One waiter, again and again, without allocating. It is armed under the stream's lock when what is waited for was found not to be so, and
/// fired outside of it when it may be so: who waits looks again.
/// </summary>
internal sealed class StreamSignal(PipeScheduler scheduler) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private int _armed;

    /// <summary>Whether somebody waits, or is about to.</summary>
    public bool IsArmed => Volatile.Read(ref _armed) != 0;

    /// <summary>Somebody is about to wait.</summary>
    public void Arm()
    {
        _core.Reset();
        Volatile.Write(ref _armed, 1);
    }

    /// <summary>Waits; once after <see cref="Arm"/>.</summary>
    public ValueTask WaitAsync(CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _registration = cancellation.UnsafeRegister(static state => ((StreamSignal)state!).Cancel(), this);
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Ends the wait, if there is one.</summary>
    public void Fire()
    {
        if (Interlocked.Exchange(ref _armed, 0) != 0)
            scheduler.Schedule(static state => ((StreamSignal)state!)._core.SetResult(true), this);
    }

    public void GetResult(short token)
    {
        _registration.Dispose();
        _core.GetResult(token);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (Interlocked.Exchange(ref _armed, 0) == 0)
            return;
        scheduler.Schedule(
            static state =>
            {
                var signal = (StreamSignal)state!;
                signal._core.SetException(new OperationCanceledException(signal._cancellation));
            },
            this);
    }
}
