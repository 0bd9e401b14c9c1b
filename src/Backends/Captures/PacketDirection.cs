namespace RdmaPipeline.Backends.Captures;

/// <summary>Which way a captured packet went, as seen from its interface.</summary>
public enum PacketDirection
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>It was received.</summary>
    Inbound = 1,

    /// <summary>It was sent.</summary>
    Outbound = 2,
}
