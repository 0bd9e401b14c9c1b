using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Decorators;

/// <summary>A packet that waits for its time or for others to overtake it, whichever comes first.</summary>
/// <param name="Burst">The packet, alone in a burst of its own.</param>
/// <param name="DueNanoseconds">When it goes on at the latest.</param>
/// <param name="DueOrdinal">It goes on when this many packets have passed on its side.</param>
internal readonly record struct HeldPacket(PacketBurst Burst, long DueNanoseconds, long DueOrdinal);
