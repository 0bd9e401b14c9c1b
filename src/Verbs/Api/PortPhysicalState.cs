namespace RdmaPipeline.Verbs;

/// <summary>The physical state of a port (R-VERB-2).</summary>
public enum PortPhysicalState
{
    /// <summary>No state is known.</summary>
    None = 0,
    /// <summary>Looks for a peer.</summary>
    Polling = 2,
    /// <summary>Switched off.</summary>
    Disabled = 3,
    /// <summary>The link is up.</summary>
    LinkUp = 5,
}
