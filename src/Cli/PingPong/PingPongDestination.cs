using System.Globalization;
using System.Text;
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

    private static readonly int[] s_widths = [4, 6, 6, 32];

    /// <summary>What a queue pair needs in order to connect to this end.</summary>
    public QueuePairEndpoint Endpoint => new(Gid, QueuePairNumber, Psn);

    /// <summary>The 52 bytes of the message.</summary>
    public byte[] ToMessage()
    {
        var message = new byte[MessageLength];
        Encoding.ASCII.GetBytes($"{Lid:x4}:{QueuePairNumber:x6}:{Psn:x6}:{Gid.ToHexString()}", message);
        return message;
    }

    /// <summary>Reads the message of a peer; a <see cref="CliException"/> says what is wrong with it.</summary>
    public static PingPongDestination Parse(ReadOnlySpan<byte> message)
    {
        var text = Encoding.ASCII.GetString(message);
        var fields = text.TrimEnd('\0').Split(':');
        var legal = message.Length == MessageLength && message[^1] == 0 && fields.Length == s_widths.Length
            && fields.Zip(s_widths).All(f => f.First.Length == f.Second && f.First.All(char.IsAsciiHexDigit));
        if (!legal)
            throw new CliException(
                $"the peer's address \"{Printable(text)}\" is not of the form llll:qqqqqq:pppppp:g{{32}} in hexadecimal");
        return new PingPongDestination((ushort)Number(fields[0]), Number(fields[1]), Number(fields[2]), Gid.Parse(fields[3]));
    }

    /// <summary>What ibv_*_pingpong prints of either end.</summary>
    public override string ToString() => $"LID 0x{Lid:x4}, QPN 0x{QueuePairNumber:x6}, PSN 0x{Psn:x6}, GID {Gid}";

    private static uint Number(string field) => uint.Parse(field, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '.' : c));
}
