namespace RdmaPipeline.Protocol.Wire;

/// <summary>What a request packet does with the receive queue.</summary>
[Flags]
public enum ReceiveWqeUse : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Takes a receive WQE; without one the responder is not ready.</summary>
    Takes = 1,

    /// <summary>Completes the receive WQE.</summary>
    Completes = 2,
}
