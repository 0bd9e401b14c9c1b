using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Crc;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// The variant CRC of a native InfiniBand link: covers every byte from the LRH through the ICRC, none masked
/// (R-WIRE-24).
/// </summary>
public static class Vcrc
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 2;

    /// <summary>Whether the last two bytes of a frame are the VCRC of those before them.</summary>
    /// <param name="frame">From the LRH through the VCRC.</param>
    public static bool Verify(ReadOnlySpan<byte> frame) =>
        frame.Length >= Length
        && BinaryPrimitives.ReadUInt16LittleEndian(frame[^Length..]) == Crc16.Compute(frame[..^Length]);

    /// <summary>Writes the VCRC into the last two bytes of a frame.</summary>
    /// <param name="frame">From the LRH through the VCRC.</param>
    public static void Write(Span<byte> frame) =>
        BinaryPrimitives.WriteUInt16LittleEndian(frame[^Length..], Crc16.Compute(frame[..^Length]));
}
