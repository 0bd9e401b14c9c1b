namespace RdmaPipeline.Testing.Swarm;

/// <summary>What joins two ends of a swarm.</summary>
public enum SwarmService
{
    /// <summary>A reliable connection, each end with a receive queue of its own.</summary>
    Reliable,

    /// <summary>A reliable connection whose ends take from the shared receive queue of their device.</summary>
    ReliableShared,

    /// <summary>XRC: each end an initiator and a target.</summary>
    Extended,

    /// <summary>An unreliable connection.</summary>
    Unreliable,

    /// <summary>Datagrams.</summary>
    Datagram,
}
