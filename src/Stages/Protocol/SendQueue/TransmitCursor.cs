using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// Which packet of which work request is sent next. Goes forward packet by packet, and back to the oldest unacknowledged PSN for a retry.
/// </summary>
internal sealed class TransmitCursor(SendQueueState state)
{
    /// <summary>The work request; the first one not started when there is nothing to send of those that are.</summary>
    public long Index { get; private set; }

    /// <summary>The PSN of the next packet.</summary>
    public Psn Psn { get; private set; }

    /// <summary>Where in the message the next packet begins.</summary>
    public uint Offset { get; private set; }

    /// <summary>Everything that was started has been sent.</summary>
    public bool IsAtEnd => Index == state.Started;

    /// <summary>The next packet was sent before.</summary>
    public bool IsBehind => Psn != state.NextPsn;

    /// <summary>A pass of repeated packets is due of which none has been sent.</summary>
    public bool IsPassUnsent => state.IsRewindDue || (IsBehind && Psn == state.Unacknowledged);

    /// <summary>One packet of a message with more packets to come was sent.</summary>
    public void Step(uint bytes)
    {
        Offset += bytes;
        Sent(Psn.Next);
    }

    /// <summary>The last packet of a message was sent, or its only request.</summary>
    public void StepOver(Psn end)
    {
        Index++;
        Offset = 0;
        Sent(end);
        // What was executed on this side has nothing to send again.
        while (Index != state.Started && state.MessageAt(Index).IsLocal) Index++;
    }

    /// <summary>Goes to the oldest unacknowledged PSN (go-back-N, R-REQ-40).</summary>
    public void Rewind()
    {
        state.IsRewindDue = false;
        Psn = state.Unacknowledged;
        Index = state.Oldest;
        Offset = 0;
        if (state.IsDrained) return;
        Offset = (uint)Psn.StepsFrom(state.MessageAt(Index).First) << state.PathMtuShift;
    }

    /// <summary>Goes behind everything that was started.</summary>
    public void MoveToStarted() => (Index, Psn, Offset) = (state.Started, state.StartPsn, 0);

    private void Sent(Psn next)
    {
        // A packet that is sent again does not move the newest PSN.
        if (!IsBehind) state.NextPsn = next;
        Psn = next;
    }
}
