using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>A packet of the acknowledgement generator, read back from its bytes.</summary>
internal sealed record Response(Opcode Opcode, uint Psn)
{
    public byte? Syndrome { get; init; }

    public uint Msn { get; init; }

    public byte[] Payload { get; init; } = [];

    public ulong Original { get; init; }

    public uint DestinationQueuePair { get; init; }

    public bool AckRequest { get; init; }

    public ushort PartitionKey { get; init; }

    public bool Solicited { get; init; }

    public int PadCount { get; init; }

    public bool IsAck => Opcode == Opcode.RcAcknowledge && Syndrome is < 0x20;

    /// <summary>"ACK 5", "RNR 5", "NAK1 5", "READ_ONLY 5": what most tests compare.</summary>
    public override string ToString() => OpcodeTraits.Of(Opcode).Operation switch
    {
        PacketOperation.Acknowledge when Syndrome < 0x20 => $"ACK {Psn}",
        PacketOperation.Acknowledge when Syndrome < 0x40 => $"RNR {Psn}",
        PacketOperation.Acknowledge => $"NAK{Syndrome & 0x1F} {Psn}",
        PacketOperation.AtomicAcknowledge => $"ATOMIC {Psn}",
        _ => $"{Opcode.ToString().Split("ReadResponse")[1].ToUpperInvariant()} {Psn}",
    };

    public static unsafe Response Read(in PacketWriter writer)
    {
        var bytes = new byte[writer.HeaderLength + writer.PayloadLength + writer.PadCount + PacketView.IcrcLength];
        writer.Header.CopyTo(bytes);
        var offset = writer.HeaderLength;
        foreach (var segment in writer.Segments)
        {
            new ReadOnlySpan<byte>((void*)segment.Address, segment.Length).CopyTo(bytes.AsSpan(offset));
            offset += segment.Length;
        }

        Assert.Equal(Telemetry.DropReason.None, PacketView.TryParse(bytes, out var view));
        var traits = view.Traits;
        var aeth = traits.Has(HeaderLayout.Aeth) ? view.Aeth : default;
        return new Response(view.Opcode, view.Psn.Value)
        {
            Syndrome = traits.Has(HeaderLayout.Aeth) ? aeth.Syndrome : null,
            Msn = aeth.Msn,
            Payload = view.Payload.ToArray(),
            Original = traits.Has(HeaderLayout.AtomicAckEth) ? view.AtomicAckEth.OriginalRemoteData : 0,
            DestinationQueuePair = view.DestinationQueuePair,
            AckRequest = view.AckRequest,
            PartitionKey = view.PartitionKey,
            Solicited = view.Solicited,
            PadCount = view.PadCount,
        };
    }
}
