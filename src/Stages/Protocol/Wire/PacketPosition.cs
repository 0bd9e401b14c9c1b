namespace RdmaPipeline.Protocol.Wire;

/// <summary>
/// Where in its message a packet stands. <see cref="First"/> and <see cref="Last"/> are flags; ONLY is both, MIDDLE
/// neither.
/// </summary>
[Flags]
public enum PacketPosition : byte
{
    /// <summary>Neither begins nor ends a message.</summary>
    Middle = 0,

    /// <summary>Begins a message.</summary>
    First = 1,

    /// <summary>Ends a message.</summary>
    Last = 2,

    /// <summary>Is the whole message.</summary>
    Only = First | Last,
}
