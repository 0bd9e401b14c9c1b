namespace RdmaPipeline.Backends;

/// <summary>What a back-end tells of by itself.</summary>
public enum BackendEvent
{
    /// <summary>
    /// The link, its MTU, a local identifier or an address may have changed: <see cref="IPacketBackend.QueryLink"/> and
    /// <see cref="IPacketBackend.QueryGids"/> say what.
    /// </summary>
    PortChanged,

    /// <summary>The subnet manager asks clients to register again.</summary>
    ClientReregister,

    /// <summary>The back-end has failed beyond use: the device is dead.</summary>
    Failed,
}
