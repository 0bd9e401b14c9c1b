namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Why a new request is not executed, in the order of the checks (responder.md section 4). What follows from each is a row of
/// <see cref="RequestFaultTraits"/>.
/// </summary>
internal enum RequestFault : byte
{
    /// <summary>The request passed.</summary>
    None,

    /// <summary>Check 2: the opcode may not follow the one before it, or is reserved (R-WIRE-14).</summary>
    OpcodeSequence,

    /// <summary>The shared receive queue that an XRC request names does not exist, or not in this XRC domain (R-RESP-42).</summary>
    NoSharedReceiveQueue,

    /// <summary>Check 3: the responder does not execute this operation.</summary>
    Unsupported,

    /// <summary>Check 3: the queue pair's access flags forbid the operation.</summary>
    NotPermitted,

    /// <summary>Check 4: no room for the response, max_dest_rd_atomic READs and atomics are being answered.</summary>
    ExcessRequests,

    /// <summary>Check 5: no receive work request is posted; or FLUSHes have taken the slot that a request needs (R-RESP-16).</summary>
    ReceiverNotReady,

    /// <summary>A receive work request that names more entries than the queue allows.</summary>
    MalformedReceive,

    /// <summary>Check 6: more payload than the path MTU.</summary>
    MtuExceeded,

    /// <summary>Checks 6 and 8: a payload, pad count or DMA length that does not fit opcode or message.</summary>
    Length,

    /// <summary>Check 7: key, protection domain, access or range of the remote memory.</summary>
    RemoteAccess,

    /// <summary>Check 9: an atomic that is not on an 8-byte boundary.</summary>
    Misaligned,

    /// <summary>Check 10: a SEND longer than the receive work request.</summary>
    MessageTooLong,

    /// <summary>Check 11: key, protection domain, access or range of an entry of the receive work request.</summary>
    LocalProtection,

    /// <summary>The key that a SEND asked to invalidate cannot be invalidated (R-RESP-27).</summary>
    InvalidateFailed,
}
