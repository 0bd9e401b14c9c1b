using System.Threading.Tasks.Sources;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// What an asynchronous call does until it can end: it tries, waits for a signal, and tries again. It serves the next call once the result
/// was taken, so that calls allocate nothing; one that failed, or whose result nobody has taken, is replaced by another.
/// </summary>
/// <typeparam name="T">Its result.</typeparam>
/// <param name="signal">What it waits for; <see cref="TryEnd"/> has to arm it.</param>
internal abstract class StreamOperation<T>(StreamSignal signal) : IValueTaskSource<T>, IValueTaskSource, IStreamWaiter
{
    private ManualResetValueTaskSourceCore<T> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private int _claimed;

    /// <summary>Takes it for a call.</summary>
    /// <returns>False: the result of the last call was not taken yet.</returns>
    public bool TryClaim() => Interlocked.Exchange(ref _claimed, 1) == 0;

    /// <inheritdoc/>
    public void Resume()
    {
        T result;
        try
        {
            var cancellation = _cancellation;
            cancellation.ThrowIfCancellationRequested();
            if (!TryEnd(out result))
            {
                Look(cancellation);
                return;
            }
        }
        catch (Exception fault)
        {
            End();
            _core.SetException(fault);
            return;
        }

        End();
        _core.SetResult(result);
    }

    T IValueTaskSource<T>.GetResult(short token) => TakeResult(token);

    void IValueTaskSource.GetResult(short token) => TakeResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Begins the call that it was claimed for.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Its result.</returns>
    protected ValueTask<T> StartAsync(CancellationToken cancellation)
    {
        short version = _core.Version;
        try
        {
            return TryStart(cancellation, out var result) ? new ValueTask<T>(result) : new ValueTask<T>(this, version);
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<T>(fault);
        }
    }

    /// <summary>As <see cref="StartAsync"/>, where the result says nothing.</summary>
    protected ValueTask StartPlainAsync(CancellationToken cancellation)
    {
        short version = _core.Version;
        try
        {
            return TryStart(cancellation, out _) ? ValueTask.CompletedTask : new ValueTask(this, version);
        }
        catch (Exception fault)
        {
            return ValueTask.FromException(fault);
        }
    }

    /// <summary>Takes the turn: there is one such call at a time.</summary>
    /// <exception cref="InvalidOperationException">One is under way.</exception>
    protected abstract void Enter();

    /// <summary>Gives the turn back.</summary>
    protected abstract void Leave();

    /// <summary>
    /// Ends it if that is possible. If not its last act is to arm the signal: from then on another thread may go on with it.
    /// </summary>
    protected abstract bool TryEnd(out T result);

    private bool TryStart(CancellationToken cancellation, out T result)
    {
        try
        {
            Enter();
        }
        catch
        {
            Volatile.Write(ref _claimed, 0);
            throw;
        }

        signal.Attach(this);
        _cancellation = cancellation;
        _registration = cancellation.UnsafeRegister(static state => ((StreamOperation<T>)state!).Cancel(), this);
        bool isPending = false;
        try
        {
            isPending = !TryEnd(out result);
        }
        finally
        {
            if (!isPending)
            {
                End();
                Volatile.Write(ref _claimed, 0);
            }
        }

        if (isPending)
            Look(cancellation);
        return !isPending;
    }

    // A cancellation that came before the signal was armed has found nothing to end.
    private void Look(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            Cancel();
    }

    private void Cancel() => signal.Fire();

    private void End()
    {
        _registration.Unregister();
        Leave();
    }

    private T TakeResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        Volatile.Write(ref _claimed, 0);
        return result;
    }
}
