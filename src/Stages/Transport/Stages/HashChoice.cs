using System.Buffers.Binary;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Transport.Stages;

internal sealed class HashChoice(int n) : PacketChoice
{
    private const int DestinationOffset = 4;
    private const int SequenceOffset = 8;
    private const ulong Mask = 0xFF_FFFF;

    internal override bool Takes(PacketBurst burst, int index)
    {
        var header = PacketStage.HeaderOf(burst, index);
        if (header.Length < Bth.Length)
            return false;
        ulong pair = BinaryPrimitives.ReadUInt32BigEndian(header[DestinationOffset..]) & Mask;
        ulong sequence = BinaryPrimitives.ReadUInt32BigEndian(header[SequenceOffset..]) & Mask;
        return StageRandom.Mix((pair << 24) | sequence) % (ulong)n == 0;
    }
}
