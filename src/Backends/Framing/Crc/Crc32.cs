using System.Runtime.CompilerServices;

namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>
/// CRC-32 of the ICRC: generator 0x04C11DB7, least significant bit first, preset 0xFFFFFFFF, final complement. A sum over several pieces
/// is continued by handing the register on. The widest carry-less multiplication of the processor is used, tables elsewhere.
/// </summary>
internal static unsafe class Crc32
{
    /// <summary>The register before the first byte.</summary>
    public const uint Preset = 0xFFFF_FFFF;

    /// <summary>Continues a sum.</summary>
    /// <param name="register">The register so far.</param>
    /// <param name="source">What follows.</param>
    /// <returns>The register, not complemented.</returns>
    public static uint Append(uint register, ReadOnlySpan<byte> source)
    {
        fixed (byte* first = source)
            return Run<SumOnly>(register, first, null, source.Length);
    }

    /// <summary>Continues a sum over memory that stays where it is.</summary>
    /// <param name="register">The register so far.</param>
    /// <param name="source">First byte.</param>
    /// <param name="length">Bytes, 0 or more.</param>
    /// <returns>The register, not complemented.</returns>
    public static uint Append(uint register, nint source, int length) => Run<SumOnly>(register, (byte*)source, null, length);

    /// <summary>Copies and continues a sum in one pass. The two areas must not overlap.</summary>
    /// <param name="register">The register so far.</param>
    /// <param name="source">First byte of the source, in memory that stays where it is.</param>
    /// <param name="destination">First byte of the destination, in memory that stays where it is.</param>
    /// <param name="length">Bytes, 0 or more.</param>
    /// <returns>The register, not complemented.</returns>
    public static uint Copy(uint register, nint source, nint destination, int length) =>
        Run<SumAndCopy>(register, (byte*)source, (byte*)destination, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Run<TMode>(uint register, byte* source, byte* destination, int length)
        where TMode : struct, ICopyMode
    {
#if NET10_0_OR_GREATER
        if (Crc32Carryless512.IsSupported)
            return Crc32Carryless512.Run<TMode>(register, source, destination, length);
        if (Crc32Carryless256.IsSupported)
            return Crc32Carryless256.Run<TMode>(register, source, destination, length);
#endif
        return Crc32Carryless128.IsSupported
            ? Crc32Carryless128.Run<TMode>(register, source, destination, length)
            : Crc32Tables.Run<TMode>(register, source, destination, length);
    }
}
