namespace RdmaPipeline.Protocol.Wire;

/// <summary>What the responder sends for a request.</summary>
public enum ResponseKind : byte
{
    /// <summary>Nothing: an unreliable request, or a response itself.</summary>
    None,

    /// <summary>ACKNOWLEDGE.</summary>
    Acknowledge,

    /// <summary>READ RESPONSE packets with data.</summary>
    ReadResponse,

    /// <summary>READ RESPONSE ONLY without data (FLUSH, ATOMIC WRITE).</summary>
    EmptyReadResponse,

    /// <summary>ATOMIC ACKNOWLEDGE.</summary>
    AtomicAcknowledge,
}
