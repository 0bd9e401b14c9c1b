using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>How the answer to a READ is cut into packets.</summary>
internal static class ReadSegments
{
    private static readonly Opcode[] Opcodes =
        [Opcode.RcReadResponseMiddle, Opcode.RcReadResponseFirst, Opcode.RcReadResponseLast, Opcode.RcReadResponseOnly];

    /// <summary>Packets, and PSNs, of an answer: at least one (R-RESP-5).</summary>
    public static int Count(uint length, int pathMtu) => length == 0 ? 1 : (int)((length + (ulong)pathMtu - 1) / (ulong)pathMtu);

    /// <summary>The opcode of a packet. An answer that starts in the middle of a READ starts with FIRST or ONLY (R-RESP-20).</summary>
    public static Opcode OpcodeAt(bool isFirst, bool isLast) =>
        Opcodes[(int)((isFirst ? PacketPosition.First : 0) | (isLast ? PacketPosition.Last : 0))];
}
