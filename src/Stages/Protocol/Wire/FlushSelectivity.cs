namespace RdmaPipeline.Protocol.Wire;

/// <summary>What a FLUSH covers: SEL of the FETH (R-WIRE-11). 2 and 3 are reserved.</summary>
public enum FlushSelectivity : byte
{
    /// <summary>The byte range in the RETH.</summary>
    Range = 0,

    /// <summary>The whole memory region; address and length are ignored.</summary>
    MemoryRegion = 1,
}
