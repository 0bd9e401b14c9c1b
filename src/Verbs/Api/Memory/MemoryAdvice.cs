namespace RdmaPipeline.Verbs;

/// <summary>What a program says about memory it is going to use, with the numbers of the standard.</summary>
public enum MemoryAdvice
{
    /// <summary>It will be read.</summary>
    Prefetch = 0,
    /// <summary>It will be written.</summary>
    PrefetchWrite = 1,
    /// <summary>It will be read; pages that are not there may be left out.</summary>
    PrefetchNoFault = 2,
}
