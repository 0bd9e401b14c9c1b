namespace RdmaPipeline.Verbs;

/// <summary>What a FLUSH covers, with the numbers of the standard: SEL of the FETH (R-WIRE-11).</summary>
public enum FlushSelectivity : byte
{
    /// <summary>A range of bytes.</summary>
    Range = 0,
    /// <summary>The whole memory region or window; address and length are ignored.</summary>
    MemoryRegion = 1,
}
