namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>What kind of response a <see cref="ResponderResource"/> holds.</summary>
internal enum ResponderResourceKind : byte
{
    /// <summary>The slot was never used.</summary>
    Empty,

    /// <summary>READ RESPONSE packets; the data are read from memory when each packet is built.</summary>
    Read,

    /// <summary>ATOMIC ACKNOWLEDGE with the value that stood in memory before the operation.</summary>
    Atomic,

    /// <summary>READ RESPONSE ONLY without data, for an ATOMIC WRITE.</summary>
    AtomicWrite,

    /// <summary>READ RESPONSE ONLY without data, for a FLUSH.</summary>
    Flush,
}
