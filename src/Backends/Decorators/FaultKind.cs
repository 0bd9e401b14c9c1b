namespace RdmaPipeline.Backends.Decorators;

/// <summary>What a medium may do to a packet (R-BE-8).</summary>
public enum FaultKind
{
    /// <summary>Nothing: the packet passes.</summary>
    None,

    /// <summary>The packet vanishes.</summary>
    Loss,

    /// <summary>The packet arrives twice.</summary>
    Duplicate,

    /// <summary>Later packets overtake it.</summary>
    Reorder,

    /// <summary>It arrives later, by time.</summary>
    Delay,

    /// <summary>One bit flips; the ICRC stays as it was and so is wrong.</summary>
    Corrupt,
}
