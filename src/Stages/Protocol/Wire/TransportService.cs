namespace RdmaPipeline.Protocol.Wire;

/// <summary>The transport service that an opcode belongs to: bits 7:5 of the opcode.</summary>
public enum TransportService : byte
{
    /// <summary>Reliable connection.</summary>
    ReliableConnection = 0,

    /// <summary>Unreliable connection.</summary>
    UnreliableConnection = 1,

    /// <summary>Reliable datagram.</summary>
    ReliableDatagram = 2,

    /// <summary>Unreliable datagram.</summary>
    UnreliableDatagram = 3,

    /// <summary>Congestion notification.</summary>
    CongestionNotification = 4,

    /// <summary>Extended reliable connection.</summary>
    ExtendedReliableConnection = 5,

    /// <summary>Left to manufacturers (6 and 7): always dropped.</summary>
    Manufacturer = 6,
}
