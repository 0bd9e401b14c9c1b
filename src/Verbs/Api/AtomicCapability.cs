namespace RdmaPipeline.Verbs;

/// <summary>With what a remote atomic is atomic.</summary>
public enum AtomicCapability
{
    /// <summary>No atomics.</summary>
    None = 0,
    /// <summary>With all atomics of the same device.</summary>
    Device = 1,
    /// <summary>With all accesses of the host too.</summary>
    Global = 2,
}
