using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>A request packet as the peer would put it on the wire, BTH to ICRC; any field may be wrong.</summary>
internal sealed record Request(Opcode Opcode, uint Psn)
{
    public byte[] Payload { get; init; } = [];

    public bool AckRequest { get; init; } = true;

    public bool Solicited { get; init; }

    public ulong Address { get; init; }

    public uint Key { get; init; }

    public uint Length { get; init; }

    public ulong SwapOrAdd { get; init; }

    public ulong Compare { get; init; }

    public uint Immediate { get; init; }

    public uint InvalidateKey { get; init; }

    public uint QueueKey { get; init; }

    public uint SourceQueuePair { get; init; }

    /// <summary>The FETH as a number; reserved values too (R-WIRE-11).</summary>
    public uint Flush { get; init; } = 1;

    public uint SharedReceiveQueue { get; init; }

    /// <summary>Overrides the pad count that the payload asks for.</summary>
    public int? PadCount { get; init; }

    public uint DestinationQueuePair { get; init; } = ReceiveSide.Number;

    public ushort PartitionKey { get; init; } = 0xFFFF;

    public byte[] ToBytes()
    {
        var traits = OpcodeTraits.Of(Opcode);
        var pad = PadCount ?? (-Payload.Length & 3);
        var bytes = new byte[traits.HeaderLength + Payload.Length + pad + PacketView.IcrcLength];
        new Bth
        {
            Opcode = Opcode, Psn = Sequence.Psn.Truncate(Psn).Value, AckRequest = AckRequest, Solicited = Solicited,
            DestinationQueuePair = DestinationQueuePair, PartitionKey = PartitionKey,
        }.Write(bytes);
        bytes[1] = (byte)((bytes[1] & ~0x30) | (pad << 4));
        Put(bytes, traits, HeaderLayout.AtomicEth, b => new AtomicEth(Address, Key, SwapOrAdd, Compare).Write(b));
        Put(bytes, traits, HeaderLayout.ImmDt, b => new ImmDt(Immediate).Write(b));
        Put(bytes, traits, HeaderLayout.Deth, b => new Deth(QueueKey, SourceQueuePair).Write(b));
        Put(bytes, traits, HeaderLayout.Ieth, b => new Ieth(InvalidateKey).Write(b));
        Put(bytes, traits, HeaderLayout.XrcEth, b => new XrcEth(SharedReceiveQueue).Write(b));
        Put(bytes, traits, HeaderLayout.Aeth, b => Aeth.Ack(0, 0).Write(b));
        // Written by hand: headers of illegal values cannot be made.
        Put(bytes, traits, HeaderLayout.Feth, b => System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(b, Flush));
        Put(bytes, traits, HeaderLayout.Reth, b =>
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(b, Address);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(b[8..], Key);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(b[12..], Length);
        });
        Payload.CopyTo(bytes.AsSpan(traits.HeaderLength));
        return bytes;
    }

    private static void Put(byte[] bytes, OpcodeTraits traits, HeaderLayout header, SpanWriter write)
    {
        if (traits.Has(header)) write(bytes.AsSpan(traits.OffsetOf(header)));
    }

    private delegate void SpanWriter(Span<byte> destination);
}
