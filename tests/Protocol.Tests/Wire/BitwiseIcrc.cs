namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>
/// The ICRC of a RoCEv2/IPv4 frame one bit at a time, straight from wire.md section 6 and sharing nothing with the library: eight bytes of
/// ones in front, the fields that routers change replaced by ones, CRC-32 least significant bit first, complemented, low byte first.
/// </summary>
internal static class BitwiseIcrc
{
    private const int EthernetLength = 14;
    private const int Ipv4Length = 20;
    private const int UdpLength = 8;

    /// <summary>The four bytes that follow a frame.</summary>
    /// <param name="frame">From the Ethernet destination to the last pad byte.</param>
    public static byte[] Of(byte[] frame)
    {
        var covered = frame[EthernetLength..];
        covered[1] = 0xFF; // type of service
        covered[8] = 0xFF; // time to live
        covered[10] = covered[11] = 0xFF; // header checksum
        covered[Ipv4Length + 6] = covered[Ipv4Length + 7] = 0xFF; // UDP checksum
        covered[Ipv4Length + UdpLength + 4] = 0xFF; // BTH byte 4
        var register = 0xFFFFFFFFu;
        foreach (var value in Enumerable.Repeat((byte)0xFF, 8).Concat(covered))
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var carry = (register ^ (uint)(value >> bit)) & 1;
                register >>= 1;
                if (carry != 0) register ^= 0xEDB88320;
            }
        }

        register = ~register;
        return [(byte)register, (byte)(register >> 8), (byte)(register >> 16), (byte)(register >> 24)];
    }
}
