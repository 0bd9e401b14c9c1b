namespace RdmaPipeline.Protocol.Wire;

/// <summary>
/// Which packets of the same direction may follow one in PSN order. Each opcode belongs to one group and names the one that may
/// follow.
/// </summary>
public enum FollowerGroup : byte
{
    /// <summary>Outside any sequence.</summary>
    None,

    /// <summary>A request that begins a message: FIRST, ONLY, READ REQUEST, atomic, ATOMIC WRITE, FLUSH.</summary>
    Start,

    /// <summary>SEND MIDDLE, SEND LAST and its variants.</summary>
    SendContinuation,

    /// <summary>WRITE MIDDLE, WRITE LAST and its variant.</summary>
    WriteContinuation,

    /// <summary>A response that begins: READ RESPONSE FIRST or ONLY, ACKNOWLEDGE, ATOMIC ACKNOWLEDGE.</summary>
    ResponseStart,

    /// <summary>READ RESPONSE MIDDLE or LAST.</summary>
    ReadResponseContinuation,
}
