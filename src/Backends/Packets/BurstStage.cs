namespace RdmaPipeline.Backends.Packets;

/// <summary>How far the packets of a burst have come on their way to or from the wire.</summary>
public enum BurstStage : byte
{
    /// <summary>Transport headers lie in the header area, payloads are references into user memory; there are no frames yet.</summary>
    Unencoded,

    /// <summary>Complete frames lie in the slab, ready to be sent.</summary>
    Encoded,

    /// <summary>Frames as they came from the wire lie in the slab, not yet decoded.</summary>
    Received,

    /// <summary>Received and decoded: transport offsets, path and ICRC verdicts are filled in.</summary>
    Decoded,
}
