namespace RdmaPipeline.Verbs;

/// <summary>Options of an advice about memory, with the bits of the standard.</summary>
[Flags]
public enum MemoryAdviceFlags
{
    /// <summary>No option.</summary>
    None = 0,
    /// <summary>The advice is done before the call returns.</summary>
    Flush = 1,
}
