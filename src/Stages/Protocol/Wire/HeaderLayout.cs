namespace RdmaPipeline.Protocol.Wire;

/// <summary>The extension headers of an opcode, in the order in which they stand after the BTH.</summary>
[Flags]
public enum HeaderLayout : ushort
{
    /// <summary>Nothing after the BTH.</summary>
    None = 0,

    /// <summary>Reliable datagram extended header, 4 bytes.</summary>
    Rdeth = 1 << 0,

    /// <summary>Datagram extended header, 8 bytes.</summary>
    Deth = 1 << 1,

    /// <summary>XRC extended header, 4 bytes.</summary>
    XrcEth = 1 << 2,

    /// <summary>FLUSH extended header, 4 bytes.</summary>
    Feth = 1 << 3,

    /// <summary>RDMA extended header, 16 bytes.</summary>
    Reth = 1 << 4,

    /// <summary>Atomic extended header, 28 bytes.</summary>
    AtomicEth = 1 << 5,

    /// <summary>ACK extended header, 4 bytes.</summary>
    Aeth = 1 << 6,

    /// <summary>Atomic ACK extended header, 8 bytes.</summary>
    AtomicAckEth = 1 << 7,

    /// <summary>Immediate data, 4 bytes.</summary>
    ImmDt = 1 << 8,

    /// <summary>Invalidate extended header, 4 bytes.</summary>
    Ieth = 1 << 9,
}
