namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>Why a queue pair that has something to send does not send it now.</summary>
internal enum SendHold : byte
{
    /// <summary>Nothing holds it up: it sends, or has nothing to send.</summary>
    None,

    /// <summary>As much is unacknowledged as may be (R-REQ-4).</summary>
    Window,

    /// <summary>The peer has no receive for the next message, as far as it has told (R-REQ-17).</summary>
    Credit,

    /// <summary>The peer had no receive and asked to wait (R-REQ-42).</summary>
    ReceiverNotReady,

    /// <summary>READs and atomics are to be answered first (R-REQ-21, R-REQ-29).</summary>
    Fence,
}
