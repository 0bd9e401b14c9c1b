using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>The two addresses of a packet, or of the path of a connected queue pair, in the direction of a received packet.</summary>
/// <param name="Source">The peer's address.</param>
/// <param name="Destination">Our address.</param>
/// <param name="SourceLid">The peer's LID; 0 on Ethernet. A native packet without GRH has no more (wire.md section 8, step 10).</param>
internal readonly record struct AddressPair(Gid Source, Gid Destination, ushort SourceLid = 0);
