using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A packet, as small as its opcode allows unless it is given a payload.</summary>
/// <param name="Opcode">SEND ONLY, READ REQUEST, WRITE ONLY, ACK of RC; SEND ONLY of UC and UD.</param>
/// <param name="QueuePair">Where it goes.</param>
/// <param name="Psn">Its PSN.</param>
internal readonly record struct ForgedPacket(Opcode Opcode, uint QueuePair, uint Psn = 0)
{
    /// <summary>R_Key, or Q_Key of a datagram.</summary>
    public uint Key { get; init; }

    public ulong Address { get; init; }

    public uint Length { get; init; }

    /// <summary>The payload, in memory that stays where it is; null for none.</summary>
    public byte[]? Pinned { get; init; }
}
