namespace RdmaPipeline.Verbs;

/// <summary>The logical state of a port (R-VERB-2).</summary>
public enum PortState
{
    /// <summary>No state is known.</summary>
    None = 0,
    /// <summary>No link.</summary>
    Down = 1,
    /// <summary>The link is up, not yet configured.</summary>
    Init = 2,
    /// <summary>Configured.</summary>
    Armed = 3,
    /// <summary>In use.</summary>
    Active = 4,
}
