namespace RdmaPipeline.Verbs;

/// <summary>The state of a queue pair, with the numbers of the standard (verbs.md 6.2).</summary>
public enum QueuePairState
{
    /// <summary>Idle; nothing may be posted.</summary>
    Reset = 0,
    /// <summary>Receives may be posted; nothing is received or sent.</summary>
    Init = 1,
    /// <summary>Ready to receive.</summary>
    ReadyToReceive = 2,
    /// <summary>Ready to send.</summary>
    ReadyToSend = 3,
    /// <summary>The send queue drains: sends are accepted and held.</summary>
    SendQueueDrained = 4,
    /// <summary>The send queue failed (datagram and unreliable connections only); the receive queue works on.</summary>
    SendQueueError = 5,
    /// <summary>Failed: everything posted is flushed.</summary>
    Error = 6,
}
