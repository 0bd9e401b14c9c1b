namespace RdmaPipeline.Verbs;

/// <summary>One used slot of a port's GID table.</summary>
/// <param name="Gid">The address.</param>
/// <param name="Type">How its packets are framed.</param>
/// <param name="NetworkInterface">The network interface it belongs to; empty when there is none.</param>
public readonly record struct GidEntry(Gid Gid, GidType Type, string NetworkInterface);
