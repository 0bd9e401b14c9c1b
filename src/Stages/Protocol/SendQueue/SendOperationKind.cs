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
}
