namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// How far the back-end has taken the packets of a queue pair whose peer acknowledges nothing: that is what completes its work requests
/// (R-REQ-54, R-REQ-55, R-BE-11).
/// </summary>
internal sealed class Handover(QueuePairScope scope, SendQueueState state, SendCompletions completions)
{
    private long _position;

    /// <summary>Starts over: what was built before and is still on its way to the back-end belongs to nobody.</summary>
    public void Restart() => _position = scope.Counters.SentRequests;

    /// <summary>Completes what consists of packets up to a position only.</summary>
    /// <param name="position">How many packets the queue pair had built in its life when it built the newest one that was taken.</param>
    public void Advance(long position)
    {
        if (position <= _position) return;
        state.Unacknowledged += (int)(position - _position);
        _position = position;
        completions.CompleteAcknowledged();
    }
}
