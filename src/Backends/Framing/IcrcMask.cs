using RdmaPipeline.Backends.Framing.Crc;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// The fields that change on the way through a network are replaced by ones before the ICRC is taken; all others are covered (R-WIRE-21).
/// </summary>
internal static class IcrcMask
{
    /// <summary>The register after the eight 0xFF bytes that stand for the missing LRH (R-WIRE-22).</summary>
    public const uint SeedWithoutLrh = 0xDEBB_20E3;

    /// <summary>Offset of the byte with FECN and BECN in the BTH.</summary>
    public const int BthCongestionByte = 4;

    private const byte Ones = 0xFF;
    private const byte LowNibble = 0x0F;
    private const byte HighNibble = 0xF0;

    /// <summary>The register before the first masked header byte.</summary>
    public static uint SeedOf(FrameKind kind) => kind == FrameKind.NativeLocal ? Crc32.Preset : SeedWithoutLrh;

    /// <summary>Bytes of headers in front of the BTH that the ICRC covers.</summary>
    public static int LengthOf(FrameKind kind) => kind switch
    {
        FrameKind.NativeLocal => Lrh.Length,
        FrameKind.RoCEv2OverIpv4 => Ipv4Header.Length + UdpHeader.Length,
        FrameKind.RoCEv2OverIpv6 => Ipv6Header.Length + UdpHeader.Length,
        _ => Grh.Length,
    };

    /// <summary>Puts the ones in.</summary>
    /// <param name="headers">A copy of the <see cref="LengthOf"/> bytes in front of the BTH.</param>
    /// <param name="kind">The stack of headers.</param>
    public static void Apply(Span<byte> headers, FrameKind kind)
    {
        switch (kind)
        {
            case FrameKind.NativeLocal:
                headers[0] |= HighNibble;
                break;
            case FrameKind.RoCEv2OverIpv4:
                headers[1] = Ones;
                headers[8] = Ones;
                headers.Slice(Ipv4Header.ChecksumOffset, 2).Fill(Ones);
                headers.Slice(Ipv4Header.Length + 6, 2).Fill(Ones);
                break;
            case FrameKind.RoCEv2OverIpv6:
                ApplyToGlobalHeader(headers);
                headers.Slice(Ipv6Header.Length + 6, 2).Fill(Ones);
                break;
            default:
                ApplyToGlobalHeader(headers);
                break;
        }
    }

    private static void ApplyToGlobalHeader(Span<byte> headers)
    {
        headers[0] |= LowNibble;
        headers.Slice(1, 3).Fill(Ones);
        headers[7] = Ones;
    }
}
