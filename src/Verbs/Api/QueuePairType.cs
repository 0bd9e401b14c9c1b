namespace RdmaPipeline.Verbs;

/// <summary>The transport service of a queue pair, with the numbers of the standard (verbs.md 6.2).</summary>
public enum QueuePairType
{
    /// <summary>Subnet management, queue pair 0.</summary>
    Smi = 0,
    /// <summary>General services, queue pair 1.</summary>
    Gsi = 1,
    /// <summary>Reliable connection.</summary>
    ReliableConnection = 2,
    /// <summary>Unreliable connection.</summary>
    UnreliableConnection = 3,
    /// <summary>Unreliable datagram.</summary>
    UnreliableDatagram = 4,
    /// <summary>Raw Ethernet packets.</summary>
    RawPacket = 8,
    /// <summary>Extended reliable connection, initiator side.</summary>
    XrcInitiator = 9,
    /// <summary>Extended reliable connection, target side.</summary>
    XrcTarget = 10,
}
