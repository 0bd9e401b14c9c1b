using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Datagram;

/// <summary>Where an answer to a management datagram goes.</summary>
/// <param name="Destination">The way back.</param>
/// <param name="QueuePair">The queue pair that asked.</param>
/// <param name="PartitionKey">The partition it asked in.</param>
internal readonly record struct ManagementReply(AddressVector Destination, uint QueuePair, ushort PartitionKey);
