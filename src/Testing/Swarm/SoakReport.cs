namespace RdmaPipeline.Testing.Swarm;

/// <summary>What a soak found.</summary>
/// <param name="Seeds">Seeds that were run.</param>
/// <param name="Packets">Packets that went onto the wire.</param>
/// <param name="Violations">Seeds under which something was wrong.</param>
/// <param name="FirstFailingSeed">The first of them; null without any.</param>
public sealed record SoakReport(long Seeds, long Packets, long Violations, ulong? FirstFailingSeed);
