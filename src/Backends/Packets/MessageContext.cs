using System.Diagnostics;

namespace RdmaPipeline.Backends.Packets;

/// <summary>The trace that a message belongs to, by the names that both ends have for it.</summary>
/// <param name="Source">The number of the queue pair that sends it.</param>
/// <param name="Destination">The number of the queue pair it is for, as its packets name it.</param>
/// <param name="Sequence">The number of the message: its SSN, or its first PSN where nothing is acknowledged.</param>
/// <param name="Context">The span of the message on the sending side.</param>
public readonly record struct MessageContext(uint Source, uint Destination, uint Sequence, ActivityContext Context);
