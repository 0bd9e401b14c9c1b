using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>How far one started work request of the send queue has come; one for each slot of the ring.</summary>
internal struct SendMessage
{
    public SendOperation Operation;

    /// <summary>PSN of its first packet.</summary>
    public Psn First;

    /// <summary>The PSN after its last one; equal to <see cref="First"/> when nothing of it may be sent.</summary>
    public Psn End;

    /// <summary>Where the newest READ request for it starts: the original one, or a resumed one (R-REQ-23).</summary>
    public Psn ResumedAt;

    /// <summary>When it started; not set for one that has no packet.</summary>
    public Instant StartedAt;

    /// <summary>Bytes of the whole message as it goes over the wire.</summary>
    public uint Length;

    /// <summary>Bytes at its beginning that are not the user's.</summary>
    public uint PrefixLength;

    /// <summary>Why it cannot go on; it completes with this when it becomes the oldest (R-REQ-46).</summary>
    public WorkCompletionStatus Fault;

    /// <summary>The response with its data is still to come.</summary>
    public bool AwaitsData;

    /// <summary>The observer is told of its packets and of its end.</summary>
    public bool IsTraced;

    /// <summary>It was executed on this side and has no packet (R-REQ-5).</summary>
    public readonly bool IsLocal => Operation is { IsLocal: true };

    /// <summary>The PSN of its last packet.</summary>
    public readonly Psn Last => End.Previous;
}
