using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// All that the receive side of a queue pair remembers (responder.md section 1). The <see cref="Responder"/> writes it, and records in it
/// what is owed to the requester; the <see cref="AckGenerator"/> pays that off. An acknowledgement is state, never a message.
/// </summary>
internal sealed class ReceiveQueueState(QueuePairScope scope)
{
    /// <summary>The next request PSN (R-RESP-1).</summary>
    public Psn ExpectedPsn { get; set; }

    /// <summary>The PSN after the last executed SEND or WRITE packet; an ACK carries the one before it.</summary>
    public Psn AckPsn { get; set; }

    /// <summary>Messages completed (R-RESP-24).</summary>
    public Msn Msn { get; set; }

    /// <summary>What the next request must be (responder.md section 3).</summary>
    public FollowerGroup Expecting { get; set; } = FollowerGroup.Start;

    /// <summary>A NAK 0 or RNR NAK is out: later packets are dropped in silence until the expected one comes (R-RESP-2/4).</summary>
    public bool IsAwaitingExpected { get; set; }

    /// <summary>The newest PSN dropped since <see cref="IsAwaitingExpected"/> began; valid only while <see cref="HasGap"/>.</summary>
    public Psn GapEnd { get; set; }

    /// <summary>Packets beyond the expected PSN were dropped since <see cref="IsAwaitingExpected"/> began.</summary>
    public bool HasGap { get; set; }

    /// <summary>COMM_EST has been decided on (R-RESP-48).</summary>
    public bool IsEstablished { get; set; }

    /// <summary>The receive work request being filled.</summary>
    public ReceiveWork Receive { get; } = new(scope);

    /// <summary>The WRITE in progress.</summary>
    public WriteTarget Write { get; } = new(scope);

    /// <summary>READs and atomics for answer and replay.</summary>
    public ResponderResourceRing Resources { get; } = new();

    /// <summary>An ACK up to the PSN before <see cref="AckPsn"/> is owed.</summary>
    public bool IsAckOwed { get; set; }

    /// <summary>It is owed to several requests that asked for one.</summary>
    public bool IsAckMerged { get; private set; }

    /// <summary>The NAK that is owed, after all answers that come before it in PSN order.</summary>
    public PendingNak Nak { get; set; }

    /// <summary>The code of a <see cref="PendingNak.Fatal"/> NAK.</summary>
    public NakCode FatalCode { get; set; }

    /// <summary>The PSN of a <see cref="PendingNak.Fatal"/> NAK; the others carry <see cref="ExpectedPsn"/>.</summary>
    public Psn FatalPsn { get; set; }

    /// <summary>The queue pair goes to ERR by the responder's own verdict, so what is owed still leaves, once (R-RESP-35).</summary>
    public bool IsClosing { get; set; }

    /// <summary>Whether the acknowledgement generator has a packet to send.</summary>
    public bool IsAnythingOwed => Nak != PendingNak.None || IsAckOwed || Resources.OwedCount != 0;

    /// <summary>
    /// Moves on to the next expected PSN (R-RESP-1). A NAK that has not left yet is withdrawn, unless packets dropped behind the gap
    /// are still missing: then it is owed at the new PSN, for the requester does not know that they are lost.
    /// </summary>
    public void Expect(Psn next)
    {
        ExpectedPsn = next;
        if (!IsAwaitingExpected) return;
        var stillMissing = HasGap && Nak != PendingNak.None && !GapEnd.IsBefore(next);
        Nak = stillMissing ? PendingNak.Sequence : PendingNak.None;
        (IsAwaitingExpected, HasGap) = (stillMissing, stillMissing);
    }

    /// <summary>A request asks for an acknowledgement; one that is owed already stands for this one too (R-RESP-32).</summary>
    /// <returns>Whether one was owed already.</returns>
    public bool OweAck()
    {
        IsAckMerged = IsAckOwed;
        IsAckOwed = true;
        return IsAckMerged;
    }

    /// <summary>Forgets everything that is owed.</summary>
    public void ForgetOwed()
    {
        IsAckOwed = false;
        Nak = PendingNak.None;
        Resources.Clear();
    }

    /// <summary>The state of a queue pair that expects its first request (INIT to RTR), or is RESET (R-RESP-36, R-RESP-50).</summary>
    public void Restart(Psn expected, int readAtomicDepth)
    {
        ForgetOwed();
        (ExpectedPsn, AckPsn, Msn) = (expected, expected, default);
        Expecting = FollowerGroup.Start;
        IsAwaitingExpected = HasGap = IsEstablished = IsClosing = false;
        Receive.Abandon();
        Resources.Resize(readAtomicDepth);
    }
}
