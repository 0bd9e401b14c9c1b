namespace RdmaPipeline.Protocol.Wire;

/// <summary>How many packets of each opcode were seen. One thread counts, any may read.</summary>
public sealed class OpcodeCounts
{
    private readonly long[] _packets = new long[byte.MaxValue + 1];

    /// <summary>Packets of one opcode.</summary>
    public long this[Opcode opcode] => Volatile.Read(ref _packets[(byte)opcode]);

    /// <summary>Counts a packet.</summary>
    /// <param name="header">Its transport headers, BTH first; empty for a packet that nobody has looked at yet.</param>
    public void Count(ReadOnlySpan<byte> header)
    {
        if (!header.IsEmpty)
            _packets[header[0]]++;
    }

    /// <summary>All opcodes that were seen, by the name of the opcode, such as <c>RcSendOnly</c>, or its number when it has none.</summary>
    public IReadOnlyDictionary<string, long> Read() =>
        Enumerable.Range(0, _packets.Length).Select(code => (Opcode)code).Where(code => this[code] != 0)
            .ToDictionary(code => OpcodeTraits.Of(code).IsKnown ? code.ToString() : $"0x{(byte)code:X2}", code => this[code]);
}
