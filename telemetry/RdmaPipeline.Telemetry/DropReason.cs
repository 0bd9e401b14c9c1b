namespace RdmaPipeline.Telemetry;

/// <summary>
/// Why items left the pipeline without reaching their destination. A closed list: every loss has exactly one of these reasons.
/// </summary>
public enum DropReason : byte
{
    /// <summary>Not dropped.</summary>
    None,

    /// <summary>The invariant CRC did not verify.</summary>
    IcrcMismatch,

    /// <summary>A header is truncated, has a wrong version or a reserved value where none is allowed.</summary>
    BadHeader,

    /// <summary>The opcode is unknown or does not belong to the transport service of the queue pair.</summary>
    BadOpcode,

    /// <summary>The partition key matches no entry of the port's table.</summary>
    BadPkey,

    /// <summary>The queue key differs from the queue pair's.</summary>
    BadQkey,

    /// <summary>No queue pair has the destination number.</summary>
    UnknownQp,

    /// <summary>The queue pair's state does not accept this packet.</summary>
    QpState,

    /// <summary>A length field contradicts the packet.</summary>
    BadLength,

    /// <summary>The packet came from an address, or by a transport, that the queue pair is not connected to.</summary>
    BadTransport,

    /// <summary>The packet was seen before.</summary>
    Duplicate,

    /// <summary>The packet is ahead of the expected sequence.</summary>
    OutOfSequence,

    /// <summary>A response to a request that is no longer outstanding.</summary>
    StaleAck,

    /// <summary>No receive work request was posted.</summary>
    NoReceiveBuffer,

    /// <summary>The shared receive queue was empty.</summary>
    SrqEmpty,

    /// <summary>A memory key, range or access right forbade the operation.</summary>
    MrViolation,

    /// <summary>The payload exceeds the path MTU.</summary>
    MtuExceeded,

    /// <summary>A bounded ring that may lose (a back-end's receive ring, a tap) was full.</summary>
    QueueFull,

    /// <summary>The operating system refused to send or receive.</summary>
    SocketError,

    /// <summary>Dropped on purpose by a fault script.</summary>
    InjectedFault,

    /// <summary>Discarded because the graph was faulted, closed or changed.</summary>
    Reconfiguration,

    /// <summary>No route or address resolution for the destination.</summary>
    NoRoute,

    /// <summary>The hop limit ran out.</summary>
    Ttl,

    /// <summary>The variant CRC of a native InfiniBand link did not verify.</summary>
    VcrcMismatch,
}
