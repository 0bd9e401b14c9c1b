using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// One send work request of an <see cref="UnreliableDirection"/>. Its payload begins with its number, or its immediate is it.
/// </summary>
internal sealed record UnreliableMessage(uint Id, SendOpcode Opcode, int Size, ulong Seed)
{
    /// <summary>Bytes that carry the number.</summary>
    public const int NumberLength = sizeof(uint);

    public SendFlags Flags { get; set; }

    public bool IsInline { get; init; }

    /// <summary>Its source at the requester.</summary>
    public int Source { get; init; }

    /// <summary>Its target at the responder, of a WRITE.</summary>
    public int Target { get; init; }

    /// <summary>How often the responder was told of it.</summary>
    public int Deliveries { get; set; }

    public bool IsWrite => Opcode is SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate;

    public bool HasImmediate => Opcode is SendOpcode.SendWithImmediate or SendOpcode.RdmaWriteWithImmediate;

    /// <summary>Writes the payload.</summary>
    public void Fill(Span<byte> payload)
    {
        PatternGenerator.Fill(payload, Seed);
        if (!HasImmediate && !IsWrite) BitConverter.TryWriteBytes(payload, Id);
    }

    /// <summary>The first byte that is not the payload's, or −1.</summary>
    public long FindMismatch(ReadOnlySpan<byte> payload)
    {
        if (HasImmediate || IsWrite) return PatternGenerator.FindMismatch(payload, Seed);
        return BitConverter.ToUInt32(payload) != Id ? 0 : PatternGenerator.FindMismatch(payload[NumberLength..], Seed, NumberLength);
    }
}
