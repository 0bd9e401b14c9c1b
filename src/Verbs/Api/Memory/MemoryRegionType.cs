namespace RdmaPipeline.Verbs;

/// <summary>What a memory region is made for, with the numbers of the standard.</summary>
public enum MemoryRegionType
{
    /// <summary>Fast registration: memory comes and goes by work requests.</summary>
    FastRegistration = 0,
    /// <summary>Fast registration with gaps; not offered.</summary>
    ScatterGatherGaps = 1,
    /// <summary>Device memory.</summary>
    DeviceMemory = 2,
    /// <summary>The user's memory.</summary>
    User = 3,
    /// <summary>The whole address space of the process.</summary>
    Dma = 4,
    /// <summary>Fast registration with integrity checks; not offered.</summary>
    Integrity = 5,
    /// <summary>Reads as zero and forgets what is written. Has no number in the standard.</summary>
    Null = 0x100,
}
