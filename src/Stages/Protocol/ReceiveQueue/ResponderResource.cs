using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// What the responder remembers of one READ or atomic: enough to answer it now and to answer it again when the requester
/// asks once more. The answer in progress is a cursor; the data of a READ are never stored.
/// </summary>
internal struct ResponderResource
{
    public ResponderResourceKind Kind;

    /// <summary>A response is still to be sent.</summary>
    public bool IsOwed;

    /// <summary>The answer in progress repeats one that was given in full: it may be given up, and causes no NAK (R-RESP-18).</summary>
    public bool IsReplay;

    /// <summary>A packet of the answer in progress has left, so the next one continues it.</summary>
    public bool IsContinued;

    /// <summary>First PSN that the request consumed, which is the PSN of the request itself.</summary>
    public Psn First;

    /// <summary>Last PSN that the request consumed.</summary>
    public Psn Last;

    public uint RemoteKey;
    public uint ProtectionDomain;
    public ulong Address;
    public uint Length;

    /// <summary>The value before an atomic was executed (R-RESP-25).</summary>
    public ulong Original;

    /// <summary>PSN, address and bytes of what is still to be sent.</summary>
    public Psn NextPsn;
    public ulong NextAddress;
    public uint Remaining;

    /// <summary>Whether a PSN is one that the request consumed.</summary>
    public readonly bool Holds(Psn psn) =>
        Kind != ResponderResourceKind.Empty && psn.StepsFrom(First) <= Last.StepsFrom(First);

    /// <summary>Whether a repeated READ asks for a part of this one: same key, inside the range, no PSN beyond the last.</summary>
    public readonly bool Covers(uint remoteKey, ulong address, uint length, Psn last) =>
        remoteKey == RemoteKey && length <= Length && address >= Address && address - Address <= Length - length
        && last.StepsFrom(First) <= Last.StepsFrom(First);

    /// <summary>Starts an answer at a PSN; what an answer in progress had still to send before that PSN is no longer wanted.</summary>
    public void Answer(Psn from, ulong address = 0, uint length = 0)
    {
        IsOwed = true;
        IsContinued = false;
        NextPsn = from;
        NextAddress = address;
        Remaining = length;
    }

    /// <summary>Moves the cursor over one packet that left.</summary>
    public void Sent(uint payload)
    {
        IsContinued = true;
        NextPsn = NextPsn.Next;
        NextAddress += payload;
        Remaining -= payload;
    }
}
