namespace RdmaPipeline.Protocol.Tracing;

/// <summary>Why packets are sent again.</summary>
internal enum RetransmitReason : byte
{
    /// <summary>An acknowledgement was asked for that nobody had asked for yet (R-REQ-44).</summary>
    None,

    /// <summary>Nothing was acknowledged for too long (R-REQ-40).</summary>
    Timeout,

    /// <summary>The peer missed a packet (NAK 0).</summary>
    SequenceNak,

    /// <summary>The peer had no receive work request, and has been waited for (R-REQ-42).</summary>
    ReceiverNotReady,

    /// <summary>An answer showed that an earlier one was lost (R-REQ-33).</summary>
    ImpliedNak,
}
