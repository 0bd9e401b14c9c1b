using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// Where one end of an XRC exchange can be reached, as ibv_xsrq_pingpong tells it: <c>lid:target:initiator:psn:srq:gid</c> in lower-case
/// hexadecimal and a NUL.
/// </summary>
/// <param name="Lid">Its LID.</param>
/// <param name="Target">Its queue pair that receives.</param>
/// <param name="Initiator">Its queue pair that sends.</param>
/// <param name="Psn">The first PSN it sends.</param>
/// <param name="SharedReceiveQueue">The number of the queue its receives are in.</param>
/// <param name="Gid">Its GID.</param>
public sealed record XrcDestination(ushort Lid, uint Target, uint Initiator, uint Psn, uint SharedReceiveQueue, Gid Gid)
{
    /// <summary>Bytes of the message, with its NUL.</summary>
    public const int MessageLength = 66;

    private static readonly int[] s_widths = [4, 6, 6, 6, 6, 32];

    /// <summary>The 66 bytes of the message.</summary>
    public byte[] ToMessage() =>
        HexFields.ToMessage($"{Lid:x4}:{Target:x6}:{Initiator:x6}:{Psn:x6}:{SharedReceiveQueue:x6}:{Gid.ToHexString()}");

    /// <summary>Reads the message of a peer; a <see cref="CliException"/> says what is wrong with it.</summary>
    public static XrcDestination Parse(ReadOnlySpan<byte> message)
    {
        var fields = HexFields.Parse(message, s_widths, "llll:rrrrrr:ssssss:pppppp:qqqqqq:g{32}");
        return new((ushort)HexFields.Number(fields[0]), HexFields.Number(fields[1]), HexFields.Number(fields[2]),
            HexFields.Number(fields[3]), HexFields.Number(fields[4]), Gid.Parse(fields[5]));
    }

    /// <summary>What ibv_xsrq_pingpong prints of either end.</summary>
    public override string ToString() =>
        $"LID {Lid:x4}, QPN RECV {Target:x6} SEND {Initiator:x6}, PSN {Psn:x6}, SRQN {SharedReceiveQueue:x6}, GID {Gid}";
}
