namespace RdmaPipeline.Testing;

/// <summary>What a line of a <see cref="FabricLog"/> tells.</summary>
public enum FabricEvent
{
    /// <summary>A host has sent a packet.</summary>
    Sent,

    /// <summary>A switch has sent a packet on.</summary>
    Forwarded,

    /// <summary>A packet lies in a host's receive ring.</summary>
    Delivered,

    /// <summary>A packet was lost on the way, or found no room in a receive ring.</summary>
    Lost,

    /// <summary>A stage of a device has dropped a packet that was delivered.</summary>
    Dropped,

    /// <summary>Something happened to a host or a link; no packet belongs to it.</summary>
    Changed,
}
