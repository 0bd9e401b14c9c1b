using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// Awaits the completions of an exchange, as the options say by polling or by events, but not for ever: what an unreliable service has lost
/// never comes, nor does what a dead peer would have sent.
/// </summary>
public sealed class CompletionWatch(CompletionQueue completions, PingPongOptions options, CancellationToken cancellation) : IDisposable
{
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

    /// <summary>The next completions, how many; 0 when none came for <see cref="PingPongOptions.Patience"/>.</summary>
    public async Task<int> NextAsync(WorkCompletion[] into)
    {
        _patience.CancelAfter(options.Patience);
        try
        {
            return options.Events
                ? await completions.PollAsync(into, _patience.Token).ConfigureAwait(false)
                : Poll(into);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _patience.Dispose();

    private int Poll(WorkCompletion[] into)
    {
        int count;
        while ((count = completions.Poll(into)) == 0) _patience.Token.ThrowIfCancellationRequested();
        return count;
    }
}
