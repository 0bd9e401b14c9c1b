namespace RdmaPipeline.Testing;

/// <summary>What happens to a packet on a link.</summary>
public enum FaultAction
{
    /// <summary>It passes.</summary>
    Pass,

    /// <summary>It is lost.</summary>
    Drop,

    /// <summary>It arrives more than once.</summary>
    Duplicate,

    /// <summary>It arrives later, and others may overtake it.</summary>
    Delay,

    /// <summary>It waits until a number of later packets have overtaken it.</summary>
    Reorder,

    /// <summary>A bit of it flips, and its ICRC shows it.</summary>
    Corrupt,

    /// <summary>A bit of it flips, and its ICRC was made anew.</summary>
    CorruptKeepingIcrc,

    /// <summary>It gets the mark "congestion experienced".</summary>
    MarkEcn,

    /// <summary>Another frame goes on in its place.</summary>
    Replace,
}
