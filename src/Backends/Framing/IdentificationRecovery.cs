using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Crc;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// Recovers the IPv4 Identification that a socket does not show (R-BE-31). The CRC is linear: the difference between the received ICRC and
/// the one computed with an assumed header, taken back over the bytes behind the field, is the difference of the header bytes themselves.
/// A difference outside the field's 16 bits is a wrong packet.
/// </summary>
public static class IdentificationRecovery
{
    private const int FieldLength = 2;
    private const int PageSize = 256;
    private const uint FieldMask = 0xFFFF;

    // The byte after the Identification holds DF; in the 32-bit little-endian window over the field it is bit 22.
    private const uint DoNotFragmentDifference = 0x40_0000;

    private static readonly uint[] Steps = Crc32Polynomial.Powers(Crc32Polynomial.ZeroByteInverse, PageSize);

    private static readonly uint[] Pages = Crc32Polynomial.Powers(
        Crc32Polynomial.Multiply(Steps[PageSize - 1], Crc32Polynomial.ZeroByteInverse), PageSize);

    /// <summary>Recovers the Identification, taking DF to be 1 and, if that fails, 0.</summary>
    /// <param name="difference">Received ICRC XOR the ICRC computed with the assumed Identification and DF = 1.</param>
    /// <param name="bytesAfterField">Covered bytes behind the field, to the end of payload and pad; 0 to 65533.</param>
    /// <param name="assumed">The Identification used to compute.</param>
    /// <param name="identification">The sender's Identification.</param>
    /// <param name="doNotFragment">The sender's DF.</param>
    /// <returns>False when no Identification explains the difference: the ICRC is wrong.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of bytes is out of range.</exception>
    public static bool TryRecover(uint difference, int bytesAfterField, ushort assumed, out ushort identification,
        out bool doNotFragment)
    {
        var distance = bytesAfterField + FieldLength;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)distance, (uint)(PageSize * PageSize), nameof(bytesAfterField));
        var window = CarrylessProduct.Multiply(difference, Pages[distance / PageSize]);
        window = CarrylessProduct.Multiply(window, Steps[distance % PageSize]);
        doNotFragment = window <= FieldMask;
        if (!doNotFragment)
            window ^= DoNotFragmentDifference;
        identification = (ushort)(assumed ^ BinaryPrimitives.ReverseEndianness((ushort)window));
        return window <= FieldMask;
    }
}
