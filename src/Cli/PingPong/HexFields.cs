using System.Globalization;
using System.Text;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// The messages in which ibv_*_pingpong tell addresses: numbers of fixed width in lower-case hexadecimal with colons between, and a NUL.
/// </summary>
public static class HexFields
{
    /// <summary>Reads a message of fields of <paramref name="widths"/>; a <see cref="CliException"/> says what is wrong with it.</summary>
    public static string[] Parse(ReadOnlySpan<byte> message, ReadOnlySpan<int> widths, string form)
    {
        var text = Encoding.ASCII.GetString(message);
        var fields = text.TrimEnd('\0').Split(':');
        // Every field has a colon or the NUL behind it.
        var legal = fields.Length == widths.Length && message.Length == fields.Sum(f => f.Length + 1) && message[^1] == 0;
        for (var i = 0; legal && i < fields.Length; i++)
            legal = fields[i].Length == widths[i] && fields[i].All(char.IsAsciiHexDigit);
        return legal
            ? fields
            : throw new CliException($"the peer's address \"{Printable(text)}\" is not of the form {form} in hexadecimal");
    }

    public static uint Number(string field) => uint.Parse(field, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The bytes of a message.</summary>
    public static byte[] ToMessage(string text) => [.. Encoding.ASCII.GetBytes(text), 0];

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '.' : c));
}
