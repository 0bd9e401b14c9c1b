namespace RdmaPipeline.Verbs;

/// <summary>How far a FLUSH must carry the data, with the bits of the standard: PLT of the FETH (R-WIRE-11).</summary>
[Flags]
public enum FlushPlacement : byte
{
    /// <summary>Nowhere.</summary>
    None = 0,
    /// <summary>Visible to every reader of the memory.</summary>
    GlobalVisibility = 1,
    /// <summary>Kept over a loss of power.</summary>
    Persistence = 2,
}
