namespace RdmaPipeline.Protocol.Wire;

/// <summary>What a packet does, whatever its transport, position and variant.</summary>
public enum PacketOperation : byte
{
    /// <summary>Not an operation: the opcode is unknown or reserved.</summary>
    None,

    /// <summary>SEND, with or without immediate or invalidate.</summary>
    Send,

    /// <summary>RDMA WRITE, with or without immediate.</summary>
    Write,

    /// <summary>RDMA READ REQUEST.</summary>
    ReadRequest,

    /// <summary>RDMA READ RESPONSE.</summary>
    ReadResponse,

    /// <summary>ACKNOWLEDGE: ACK, RNR NAK or NAK.</summary>
    Acknowledge,

    /// <summary>ATOMIC ACKNOWLEDGE.</summary>
    AtomicAcknowledge,

    /// <summary>COMPARE SWAP.</summary>
    CompareSwap,

    /// <summary>FETCH ADD.</summary>
    FetchAdd,

    /// <summary>ATOMIC WRITE.</summary>
    AtomicWrite,

    /// <summary>FLUSH.</summary>
    Flush,

    /// <summary>RD RESYNC.</summary>
    Resync,

    /// <summary>Congestion notification.</summary>
    CongestionNotification,
}
