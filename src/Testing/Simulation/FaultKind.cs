namespace RdmaPipeline.Testing.Simulation;

/// <summary>What a simulated link did to a packet.</summary>
public enum FaultKind
{
    /// <summary>Delivered once, unchanged, in turn.</summary>
    None,

    /// <summary>Never delivered.</summary>
    Loss,

    /// <summary>Delivered twice.</summary>
    Duplication,

    /// <summary>Delivered late, behind packets that were sent after it.</summary>
    Reordering,

    /// <summary>Delivered with bits flipped.</summary>
    Corruption,
}
