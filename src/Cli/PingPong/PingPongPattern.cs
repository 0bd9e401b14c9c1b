namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// The bytes of ibv_*_pingpong: every buffer is filled with one byte, and with -c the client writes (page number % sizeof(char)), which
/// is 0, at the start of each page. So both ends know all bytes.
/// </summary>
public static class PingPongPattern
{
    /// <summary>The byte of all but ibv_srq_pingpong, which has zeros.</summary>
    public const byte Fill = 0x7B;

    /// <summary>What a receive buffer holds before a message comes, so that a byte which was never written shows.</summary>
    public const byte Poison = 0xA5;

    /// <summary>Writes the message to send; <paramref name="marked"/> as -c does.</summary>
    public static void Write(Span<byte> message, bool marked, int pageSize, byte fill = Fill)
    {
        message.Fill(fill);
        if (!marked) return;
        for (var start = 0; start < message.Length; start += pageSize) message[start] = 0;
    }

    /// <summary>The offset of the first byte that is not as the peer's -c makes it; -1 when all are.</summary>
    public static int FirstWrong(ReadOnlySpan<byte> message, int pageSize, byte fill = Fill)
    {
        for (var start = 0; start < message.Length; start += pageSize)
        {
            if (message[start] != 0) return start;
            var rest = message[(start + 1)..Math.Min(start + pageSize, message.Length)];
            var wrong = rest.IndexOfAnyExcept(fill);
            if (wrong >= 0) return start + 1 + wrong;
        }

        return -1;
    }
}
