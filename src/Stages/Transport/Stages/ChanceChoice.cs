using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

internal sealed class ChanceChoice(double probability, ulong seed) : PacketChoice
{
    private StageRandom _random = new(seed);

    internal override bool Takes(PacketBurst burst, int index) => _random.Fraction() < probability;
}
