using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Crc;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Decorators;

/// <summary>Damages packets as media do, so that every receiver can tell.</summary>
public static class PacketDamage
{
    private const int CoveredAfterIdentification = Ipv4Header.Length - Ipv4Header.IdentificationOffset - 2 + UdpHeader.Length;

    // The ICRC, and a VCRC behind it, lie here, and nothing that a receiver does not check.
    private const int Tail = 8;

    /// <summary>
    /// Flips one bit near the end of a frame: not the one in some 32 000 that an IPv4 socket takes for another Identification, because it
    /// can prove 16 bits only (R-BE-31).
    /// </summary>
    /// <param name="frame">A frame of any format, through its last CRC; one of less than 16 bytes is left as it is.</param>
    /// <param name="seed">Decides which bit.</param>
    public static void FlipBit(Span<byte> frame, ulong seed)
    {
        if (frame.Length < FrameLayout.MinTransportLength)
            return;
        var before = Difference(frame);
        for (var draw = seed; ; draw = (draw * 0x5851_F42D_4C95_7F2D) + 1)
        {
            var position = frame.Length - 1 - (int)((draw >> 32) % Tail);
            var bit = (byte)(1 << (int)((draw >> 48) % 8));
            frame[position] ^= bit;
            if (!LooksLikeAnotherIdentification(before ^ Difference(frame), frame.Length))
                return;
            frame[position] ^= bit;
        }
    }

    /// <summary>
    /// What bytes and ICRC differ by. CRCs are linear: whatever stands in front of the packet, a changed bit changes this by the same
    /// amount.
    /// </summary>
    internal static uint Difference(ReadOnlySpan<byte> transport) =>
        Crc32.Append(0, transport[..^Icrc.Length]) ^ Icrc.Read(transport);

    internal static bool LooksLikeAnotherIdentification(uint difference, int transportLength) => IdentificationRecovery.TryRecover(
        difference, CoveredAfterIdentification + transportLength - Icrc.Length, assumed: 0, out _, out _);
}
