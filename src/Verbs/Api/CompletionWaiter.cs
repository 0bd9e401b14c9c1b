using System.Threading.Tasks.Sources;

namespace RdmaPipeline.Verbs;

/// <summary>
/// One pending wait for a completion, reused from wait to wait. Who may end it is decided under the lock of its
/// <see cref="CompletionWaiters"/>.
/// </summary>
internal sealed class CompletionWaiter(CompletionWaiters owner) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;

    /// <summary>In the list of its owner: whoever removes it from there ends it.</summary>
    public bool IsPending { get; set; }

    public ValueTask Task => new(this, _core.Version);

    public void Prepare()
    {
        _core.Reset();
        IsPending = true;
    }

    /// <summary>Called once the waiter is in the list: a token that is already cancelled ends it at once.</summary>
    /// <param name="cancellation">Ends the wait early.</param>
    public void CancelWith(CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _registration = cancellation.UnsafeRegister(static state => ((CompletionWaiter)state!).Cancel(), this);
    }

    /// <summary>Ends the wait.</summary>
    /// <param name="error">Null when there is something to poll.</param>
    /// <param name="elsewhere">Continue on another thread of the pool.</param>
    public void End(Exception? error, bool elsewhere)
    {
        _core.RunContinuationsAsynchronously = elsewhere;
        if (error is null)
            _core.SetResult(true);
        else
            _core.SetException(error);
    }

    public void GetResult(short token)
    {
        _registration.Dispose();
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            owner.Return(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (owner.Remove(this))
            End(new OperationCanceledException(_cancellation), elsewhere: owner.UsesPool);
    }
}
