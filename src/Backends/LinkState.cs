namespace RdmaPipeline.Backends;

/// <summary>Logical port state, with the standard's numbers.</summary>
public enum LinkState
{
    /// <summary>No carrier, or the interface is administratively down.</summary>
    Down = 1,

    /// <summary>Physically up, not yet configured.</summary>
    Initialize = 2,

    /// <summary>Configured, not yet carrying data.</summary>
    Armed = 3,

    /// <summary>Carrying data.</summary>
    Active = 4,
}
