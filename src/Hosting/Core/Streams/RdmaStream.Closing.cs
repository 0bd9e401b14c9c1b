using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Hosting.Streams;

/// <content>Closing.</content>
public sealed partial class RdmaStream
{
    // For the last message of a stream that could not send all: only the peer's device is waited for, not its program.
    private static readonly TimeSpan s_lastWords = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Closes the stream: no more reads, and the end of what was written. Waits until it has arrived, at most
    /// <see cref="RdmaStreamOptions.CloseTimeout"/>. Where the peer does not read by then, or a write was still under way, the peer is told
    /// that something is missing. Never throws.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    [SuppressMessage("Usage", "CA2215", Justification = "The base does by blocking what is done here.")]
    public override async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            bool isCutOff = Volatile.Read(ref _writing) != 0 && (_toSay & StreamFlags.Finished) == 0;
            _toSay |= StreamFlags.Closed | (isCutOff ? StreamFlags.Aborted : StreamFlags.Finished);
            Advance();
        }

        Wake();
        var limit = _pair.Options.CloseTimeout;
        if (!await EndAsync(limit).ConfigureAwait(false) && GiveUp())
            await EndAsync(limit < s_lastWords ? limit : s_lastWords).ConfigureAwait(false);
        lock (_gate)
            _isTornDown = true;
        _pair.Dispose();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Block(DisposeAsync());
        base.Dispose(disposing);
    }

    // False: the end was said, it only does not arrive.
    private bool GiveUp()
    {
        lock (_gate)
        {
            if ((_said & StreamFlags.Closed) != 0)
                return false;
            _sends.Discard();
            if ((_said & StreamFlags.Finished) == 0)
                _toSay = StreamFlags.Closed | StreamFlags.Aborted;
            Advance();
            return true;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> EndAsync(TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit, _pair.Options.TimeProvider);
        try
        {
            await new EndOperation(this).WaitAsync(patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private bool IsEnded()
    {
        lock (_gate)
        {
            if (_failure is not null || (_peerSaid & StreamFlags.Closed) != 0 || IsAllSaid)
                return true;
            _closed.Arm();
            return false;
        }
    }
}
