namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>What a send work request makes of packets and of responses.</summary>
internal enum SendOperationKind : byte
{
    /// <summary>Carries data to a receive work request or to remote memory; an ACK completes it.</summary>
    Data,

    /// <summary>Asks for remote data; its READ responses complete it.</summary>
    Read,

    /// <summary>One packet with operands; its ATOMIC ACK completes it.</summary>
    Atomic,

    /// <summary>One packet with eight bytes; an empty READ response completes it (R-REQ-26).</summary>
    AtomicWrite,

    /// <summary>One packet that names remote memory; an empty READ response completes it (R-REQ-26).</summary>
    Flush,

    /// <summary>No packet: executed here when it starts (R-REQ-5, R-REQ-30).</summary>
    Local,
}
