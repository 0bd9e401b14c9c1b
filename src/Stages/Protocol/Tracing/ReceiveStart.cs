using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>The first packet of a message, taken in its turn.</summary>
/// <param name="Operation">What the message does.</param>
/// <param name="Source">The queue pair that sent it.</param>
/// <param name="Destination">The queue pair it is for, as its packets name it.</param>
/// <param name="Sequence">The number of the message at both ends.</param>
/// <param name="PacketNumber">The PSN of the packet.</param>
/// <param name="IsSampled">The sampler has chosen it.</param>
internal readonly record struct ReceiveStart(
    PacketOperation Operation, uint Source, uint Destination, uint Sequence, uint PacketNumber, bool IsSampled = false);
