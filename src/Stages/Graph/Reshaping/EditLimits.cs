namespace RdmaPipeline.Graph.Reshaping;

/// <summary>What ends a change before it is done: whoever asked for it, the time, the end of the graph.</summary>
internal sealed class EditLimits : IDisposable
{
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _any;

    public EditLimits(TimeSpan timeout, CancellationToken user, CancellationToken ending)
    {
        (Timeout, User) = (timeout, user);
        IsLate = user.IsCancellationRequested || ending.IsCancellationRequested;
        _deadline = new CancellationTokenSource(timeout);
        _any = CancellationTokenSource.CreateLinkedTokenSource(user, _deadline.Token, ending);
        Stop = _any.Token;
    }

    public TimeSpan Timeout { get; }

    public CancellationToken User { get; }

    /// <summary>It was over before it was asked for, which is no attempt at a change.</summary>
    public bool IsLate { get; }

    /// <summary>Any of the three.</summary>
    public CancellationToken Stop { get; }

    public void Dispose()
    {
        _any.Dispose();
        _deadline.Dispose();
    }
}
