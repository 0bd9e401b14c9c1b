namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>
/// RoCEv2/IPv4 frames written by hand from wire.md sections 2, 3 and 6: only lengths, checksum and ICRC are filled in, the ICRC bit by bit.
/// </summary>
internal static class HandMadeFrame
{
    /// <summary>The byte at a place of every message.</summary>
    public static byte Pattern(int offset) => (byte)((offset * 31) + (offset >> 8));

    /// <summary>The frame of 192.0.2.<paramref name="source"/> to 192.0.2.<paramref name="destination"/>.</summary>
    /// <param name="source">Last byte of the sender's address.</param>
    /// <param name="destination">Last byte of the receiver's address.</param>
    /// <param name="macs">Ethernet addresses, the back-end's choice and not covered by the ICRC (R-WIRE-21).</param>
    /// <param name="transport">
    /// From the BTH to the last pad byte, in hexadecimal; "P512,88" stands for 88 bytes of the pattern from byte 512 on.
    /// </param>
    public static byte[] Of(int source, int destination, byte[] macs, string transport)
    {
        var bytes = Transport(transport);
        var udpLength = 8 + bytes.Length + 4;
        // Version 4, five words, type of service, total length, Identification 0, DF, TTL 64, UDP, checksum, 192.0.2.x twice.
        var ip = $"45 00 {20 + udpLength:x4} 0000 4000 40 11 CCCC c00002{source:x2} c00002{destination:x2}";
        var sum = Hex(ip.Replace("CCCC", "0000")).Chunk(2).Sum(word => (word[0] << 8) | word[1]);
        ip = ip.Replace("CCCC", $"{~((sum & 0xFFFF) + (sum >> 16)) & 0xFFFF:x4}");
        // R-WIRE-6: queue pairs 0x11 and 0x12 without a flow label use port 0xC132.
        byte[] frame = [.. macs, .. Hex($"0800 {ip} c132 12b7 {udpLength:x4} 0000"), .. bytes];
        return [.. frame, .. BitwiseIcrc.Of(frame)];
    }

    private static byte[] Transport(string text)
    {
        var bytes = new List<byte>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] != 'P') bytes.AddRange(Hex(word));
            else if (word[1..].Split(',') is [var from, var count])
                bytes.AddRange(Enumerable.Range(int.Parse(from), int.Parse(count)).Select(Pattern));
        }

        return [.. bytes];
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", ""));
}
