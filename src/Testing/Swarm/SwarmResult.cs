namespace RdmaPipeline.Testing.Swarm;

/// <summary>What a run did.</summary>
/// <param name="Packets">Packets that went onto the wire.</param>
/// <param name="Sends">Send work requests posted.</param>
/// <param name="Failed">Queue pairs that ended in an error, as a faulty program or a bad wire makes them.</param>
/// <param name="Hash">Over all packets: equal for equal runs.</param>
public readonly record struct SwarmResult(long Packets, int Sends, int Failed, ulong Hash);
