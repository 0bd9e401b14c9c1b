using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// Where one end of a pingpong can be reached, as ibv_*_pingpong tells it: 51 characters <c>lid:qpn:psn:gid</c> in
/// lower-case hexadecimal and a NUL.
/// </summary>
public sealed record PingPongDestination(ushort Lid, uint QueuePairNumber, uint Psn, Gid Gid)
{
    /// <summary>Bytes of the message, with its NUL.</summary>
    public const int MessageLength = 52;

    /// <summary>What stands for a queue pair that an end has not.</summary>
    public static PingPongDestination None { get; } = new(0, 0, 0, Gid.Empty);

    private static readonly int[] s_widths = [4, 6, 6, 32];

    /// <summary>What a queue pair needs in order to connect to this end.</summary>
    public QueuePairEndpoint Endpoint => new(Gid, QueuePairNumber, Psn);

    /// <summary>The 52 bytes of the message.</summary>
    public byte[] ToMessage() => HexFields.ToMessage($"{Lid:x4}:{QueuePairNumber:x6}:{Psn:x6}:{Gid.ToHexString()}");

    /// <summary>Reads the message of a peer; a <see cref="CliException"/> says what is wrong with it.</summary>
    public static PingPongDestination Parse(ReadOnlySpan<byte> message)
    {
        var fields = HexFields.Parse(message, s_widths, "llll:qqqqqq:pppppp:g{32}");
        return new((ushort)HexFields.Number(fields[0]), HexFields.Number(fields[1]), HexFields.Number(fields[2]), Gid.Parse(fields[3]));
    }

    /// <summary>What ibv_*_pingpong prints of either end.</summary>
    public override string ToString() => $"LID 0x{Lid:x4}, QPN 0x{QueuePairNumber:x6}, PSN 0x{Psn:x6}, GID {Gid}";
}
