using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>A send work request that gets its PSNs.</summary>
/// <param name="Index">Its index in the send queue.</param>
/// <param name="Request">What it does.</param>
/// <param name="Destination">The queue pair it is for, as its packets name it.</param>
/// <param name="Sequence">The number of the message at both ends.</param>
/// <param name="First">The PSN of its first packet.</param>
/// <param name="Last">The PSN of its last packet, or of the last answer to it.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Now">The time.</param>
internal readonly record struct SendStart(
    long Index, SendOpcode Request, uint Destination, uint Sequence, uint First, uint Last, uint Length, Instant Now);
