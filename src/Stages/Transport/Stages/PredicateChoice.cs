using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

internal sealed class PredicateChoice(Func<PacketBurst, int, bool> predicate) : PacketChoice
{
    internal override bool Takes(PacketBurst burst, int index) => predicate(burst, index);
}
