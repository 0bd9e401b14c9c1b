using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tracing;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>Retry counts, retry passes and the two timers of the send queue (requester.md section 9).</summary>
internal sealed class RetryPolicy(QueuePairScope scope, SendQueueState state)
{
    private const int Infinite = 7;

    private int _retriesLeft;
    private int _rnrRetriesLeft;
    private bool _isPassRunning;
    private Psn _refused;
    private Instant _lastActivity;
    private Instant _transportDeadline = Instant.Never;
    private Instant _rnrDeadline = Instant.Never;
    private long _timeout;

    /// <summary>The RNR timer runs: nothing is sent and the transport timer stands still (R-REQ-39, R-REQ-42).</summary>
    public bool IsWaitingForReceiver => _rnrDeadline != Instant.Never;

    /// <summary>When <see cref="Completer.HandleDeadline"/> wants to be called; it may be early, never late.</summary>
    public Instant Deadline => IsWaitingForReceiver ? _rnrDeadline : _transportDeadline;

    /// <summary>Why what is sent again now is sent again.</summary>
    public RetransmitReason Reason { get; private set; }

    /// <summary>Retries spent since the oldest unacknowledged PSN moved; not counted where they are infinite.</summary>
    public int RetriesSpent => scope.Settings.RetryCount - _retriesLeft;

    /// <summary>Waits for the receiver spent since then; not counted where they are infinite.</summary>
    public int RnrRetriesSpent => scope.Settings.RnrRetry - _rnrRetriesLeft;

    /// <summary>Takes the attributes in force; counts start full.</summary>
    public void Restart()
    {
        Reload();
        _timeout = TransportTimeout.ToNanoseconds(scope.Settings.Timeout);
        _isPassRunning = false;
        _transportDeadline = _rnrDeadline = Instant.Never;
    }

    /// <summary>A packet was sent. The timer is only armed here; what happens until it fires is looked at when it fires.</summary>
    public void Sent(Instant now)
    {
        _lastActivity = now;
        if (_transportDeadline == Instant.Never && _timeout != 0) _transportDeadline = now.After(_timeout);
    }

    /// <summary>The oldest unacknowledged PSN moved on (R-REQ-34).</summary>
    public void Progress(Instant now)
    {
        Reload();
        _lastActivity = now;
        _isPassRunning = false;
    }

    /// <summary>Begins to send again from the oldest unacknowledged PSN, unless that pass is running already (R-REQ-35).</summary>
    /// <param name="reason">Why.</param>
    /// <returns>False when the retries are used up (R-REQ-41).</returns>
    public bool TryStartPass(RetransmitReason reason)
    {
        if (_isPassRunning) return true;
        if (!TryTake(ref _retriesLeft, scope.Settings.RetryCount, scope.Options.Retry7IsInfinite)) return false;
        scope.Counters.Retries++;
        Reason = reason;
        _isPassRunning = state.IsRewindDue = true;
        return true;
    }

    /// <summary>What is sent again now is not lost: somebody has to ask for an acknowledgement (R-REQ-14).</summary>
    public void AskAgain() => Reason = RetransmitReason.None;

    /// <summary>Whether an RNR NAK repeats the one being waited for (R-REQ-42).</summary>
    public bool IsWaitingAt(Psn refused) => IsWaitingForReceiver && _refused == refused;

    /// <summary>Begins to wait for the receiver (R-REQ-42).</summary>
    /// <returns>False when the RNR retries are used up.</returns>
    public bool TryWaitForReceiver(Psn refused, int timerCode, Instant now)
    {
        if (!TryTake(ref _rnrRetriesLeft, scope.Settings.RnrRetry, sevenIsInfinite: true)) return false;
        _refused = refused;
        _rnrDeadline = now.After(RnrTimer.ToNanoseconds(timerCode));
        return true;
    }

    /// <summary>Ends the wait for the receiver if it is over: everything unacknowledged is sent again.</summary>
    public void EndWait(Instant now)
    {
        if (now < _rnrDeadline) return;
        _rnrDeadline = Instant.Never;
        _transportDeadline = _timeout == 0 ? Instant.Never : now.After(_timeout);
        state.IsRewindDue = true;
        Reason = RetransmitReason.ReceiverNotReady;
    }

    /// <summary>Whether the transport timer has expired; re-arms it for what is still outstanding (R-REQ-38..40).</summary>
    public bool HasExpired(Instant now)
    {
        if (now < _transportDeadline) return false;
        // What is to be sent again but has not left cannot be late.
        var isHeldBack = state.Transmit.IsPassUnsent;
        // R-REQ-39: the timer runs while something is unacknowledged.
        var expired = state.Outstanding != 0 && !isHeldBack && now >= _lastActivity.After(_timeout);
        if (expired || isHeldBack) _lastActivity = now;
        _transportDeadline = state.Outstanding == 0 ? Instant.Never : _lastActivity.After(_timeout);
        // R-REQ-35: only a timeout may start the same pass again.
        if (expired) _isPassRunning = false;
        return expired;
    }

    /// <summary>Stops both timers.</summary>
    public void Stop() => _transportDeadline = _rnrDeadline = Instant.Never;

    private static bool TryTake(ref int left, int limit, bool sevenIsInfinite)
    {
        if (sevenIsInfinite && limit == Infinite) return true;
        if (left == 0) return false;
        left--;
        return true;
    }

    private void Reload() => (_retriesLeft, _rnrRetriesLeft) = (scope.Settings.RetryCount, scope.Settings.RnrRetry);
}
