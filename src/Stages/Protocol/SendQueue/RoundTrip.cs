using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// Measures how long the peer takes to acknowledge, one packet at a time. What was sent again says nothing: nobody knows which of the two
/// was acknowledged (Karn).
/// </summary>
internal struct RoundTrip
{
    private Instant _sentAt;
    private Psn _psn;
    private bool _isRunning;

    /// <summary>A packet that asks for an acknowledgement was sent for the first time.</summary>
    public void Sent(Psn psn, Instant now)
    {
        if (_isRunning) return;
        (_psn, _sentAt, _isRunning) = (psn, now, true);
    }

    /// <summary>Something is sent again, or nothing more.</summary>
    public void Cancel() => _isRunning = false;

    /// <summary>Everything before a PSN is acknowledged.</summary>
    /// <returns>How long that took, in nanoseconds; −1 when the packet that is measured is not among it.</returns>
    public long Acknowledged(Psn unacknowledged, Instant now)
    {
        if (!_isRunning || !_psn.IsBefore(unacknowledged)) return -1;
        _isRunning = false;
        return now.Nanoseconds - _sentAt.Nanoseconds;
    }
}
