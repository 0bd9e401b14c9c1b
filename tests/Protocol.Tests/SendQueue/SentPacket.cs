using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>A request packet as the requester built it.</summary>
internal sealed record SentPacket(
    Opcode Opcode, uint Psn, bool AckRequest, bool Solicited, byte[] Header, byte[] Payload, int Segments, int PadCount)
{
    private OpcodeTraits Traits => OpcodeTraits.Of(Opcode);

    public Reth? Reth => Read(HeaderLayout.Reth, b => Protocol.Wire.Reth.TryParse(b, out var h) ? h : default);

    public AtomicEth? Atomic => Read(HeaderLayout.AtomicEth, b => AtomicEth.TryParse(b, out var h) ? h : default);

    public uint? Immediate => Read(HeaderLayout.ImmDt, b => ImmDt.TryParse(b, out var h) ? h.Value : 0);

    public uint? InvalidateKey => Read(HeaderLayout.Ieth, b => Ieth.TryParse(b, out var h) ? h.RemoteKey : 0);

    public Deth? Deth => Read(HeaderLayout.Deth, b => Protocol.Wire.Deth.TryParse(b, out var h) ? h : default);

    public ushort PartitionKey => (ushort)((Header[2] << 8) | Header[3]);

    public uint Destination => (uint)((Header[5] << 16) | (Header[6] << 8) | Header[7]);

    /// <summary>"SendFirst 100", with ! when it asks for an acknowledgement and * when it is solicited.</summary>
    public override string ToString() => $"{Opcode.ToString()[2..]} {Psn}{(AckRequest ? "!" : "")}{(Solicited ? "*" : "")}";

    private T? Read<T>(HeaderLayout header, Func<byte[], T> parse)
        where T : struct => Traits.Has(header) ? parse(Header[Traits.OffsetOf(header)..]) : null;
}
