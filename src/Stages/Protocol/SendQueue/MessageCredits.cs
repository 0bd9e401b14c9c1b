using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>End-to-end flow control: how many messages that take a receive work request may be started (requester.md section 5).</summary>
internal sealed class MessageCredits
{
    private bool _unlimited;

    /// <summary>The SSN of the last message started; the first one has 1 (R-REQ-16).</summary>
    public Msn Ssn { get; private set; }

    /// <summary>The limit: MSN + credits of the newest ACK (R-REQ-16).</summary>
    public Msn Lsn { get; private set; }

    /// <summary>Receive work requests that a credit code of an ACK stands for; the last code has no number (R-REQ-20).</summary>
    private static ReadOnlySpan<ushort> Credits =>
    [
        0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192,
        256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768,
    ];

    /// <summary>Whether the next message may start: always, or SSN ≤ LSN + 1 when it takes a receive work request (R-REQ-17).</summary>
    public bool Allow(SendOperation operation) =>
        _unlimited || !operation.TakesReceive || Msn.Compare(Ssn.Next, Lsn.Next) <= 0;

    /// <summary>Whether the message started last is the one beyond the limit, which must ask for an ACK (R-REQ-17).</summary>
    public bool IsProbe => !_unlimited && Msn.Compare(Ssn, Lsn) > 0;

    /// <summary>
    /// Counts a message that starts. One that takes no receive work request raises the limit, because the MSN counts it too (R-REQ-17).
    /// </summary>
    public void Start(SendOperation operation)
    {
        Ssn = Ssn.Next;
        if (!operation.TakesReceive) Lsn = Lsn.Next;
    }

    /// <summary>Takes the credits of an ACK; other types leave the limit alone (R-REQ-16).</summary>
    public void Update(Aeth aeth)
    {
        if (aeth.Kind != AethKind.Ack) return;
        if (aeth.Code == Aeth.UnlimitedCredit) _unlimited = true;
        else Lsn = Msn.Truncate(aeth.Msn) + Credits[aeth.Code];
    }

    /// <summary>Takes the credits of an ACK that acknowledges nothing new: an old one that was delayed must not lower the limit.</summary>
    public void Raise(Aeth aeth)
    {
        var before = Lsn;
        Update(aeth);
        if (Lsn.IsBefore(before)) Lsn = before;
    }

    /// <summary>Forgets everything (R-REQ-53): until the first ACK only one message may probe, where there are ACKs at all.</summary>
    public void Reset(bool isReliable) => (_unlimited, Ssn, Lsn) = (!isReliable, default, default);
}
