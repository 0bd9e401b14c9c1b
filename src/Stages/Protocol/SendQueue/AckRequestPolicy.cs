namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>When a request packet asks for an acknowledgement (requester.md section 4).</summary>
internal sealed class AckRequestPolicy(QueuePairScope scope, SendQueueState state, StartGate gate)
{
    /// <summary>Decides for the packet at the transmit cursor, and counts it.</summary>
    /// <param name="last">It is the last of its message.</param>
    public bool Asks(bool last)
    {
        // R-REQ-15: nobody would answer.
        if (!scope.IsReliable) return false;
        var asks = last && (scope.Options.AckRequestOnEveryMessage || IsLastForNow())
            || state.WithoutAckRequest + 1 >= scope.Options.AckRequestInterval
            || EndsPassOrWindow();
        // R-REQ-15: the count starts again whenever A is set.
        state.WithoutAckRequest = asks ? 0 : state.WithoutAckRequest + 1;
        return asks;
    }

    /// <summary>A packet that is answered with data asks too (R-REQ-15).</summary>
    public bool AsksForData()
    {
        state.WithoutAckRequest = 0;
        return true;
    }

    // R-REQ-14: nothing may follow that would ask; R-REQ-17: the message beyond the credits must.
    private bool IsLastForNow()
    {
        var next = state.Transmit.Index + 1;
        return next == state.Started && (state.Credits.IsProbe || !gate.WouldSend(next));
    }

    // R-REQ-44: the last retransmitted packet; R-REQ-14: the packet that fills the window.
    private bool EndsPassOrWindow()
    {
        var next = state.Transmit.Psn.Next;
        return state.Transmit.IsBehind ? next == state.NextPsn : next.StepsFrom(state.Unacknowledged) >= state.Window;
    }
}
