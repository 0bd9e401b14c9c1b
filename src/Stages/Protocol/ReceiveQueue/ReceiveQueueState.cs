using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// All that the receive side of a queue pair remembers (responder.md section 1). The <see cref="Responder"/> writes it, and records in it what
/// is owed to the requester; the <see cref="AckGenerator"/> pays that off. An acknowledgement is state, never a message.
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

    /// <summary>A NAK 0 or an RNR NAK is out: packets beyond the expected PSN are dropped in silence until that one comes (R-RESP-2, R-RESP-4).</summary>
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

    /// <summary>Forgets everything that is owed.</summary>
    public void ForgetOwed()
    {
        IsAckOwed = false;
        Nak = PendingNak.None;
        Resources.Clear();
    }

    /// <summary>Makes the state of a queue pair that expects its first request (INIT to RTR), or of one that is RESET (R-RESP-36, R-RESP-50).</summary>
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
