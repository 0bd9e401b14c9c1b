#if NET10_0_OR_GREATER
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>CRC-32 by carry-less multiplication of 512-bit vectors, four accumulators.</summary>
internal static unsafe class Crc32Carryless512
{
    private const int Width = 64;
    private const int Accumulators = 4;

    public static bool IsSupported => Pclmulqdq.V512.IsSupported && Vector512.IsHardwareAccelerated && Crc32Carryless128.IsSupported;

    // For each distance D: (x^(D+32), x^(D−32)) mod P in every lane, reflected and shifted by one.
    private static Vector512<ulong> ByWidth => Vector512.Create(Vector128.Create(0x1_5444_2BD4ul, 0x1_C6E4_1596ul));

    private static Vector512<ulong> ByAccumulators => Vector512.Create(Vector128.Create(0x1_1542_778Aul, 0x1_322D_1430ul));

    // Each lane is folded over the lanes behind it; the last one stays as it is.
    private static Vector512<ulong> ByLanes => Vector512.Create(
        Vector256.Create(Vector128.Create(0x0_3DB1_ECDCul, 0x1_7435_9406ul), Vector128.Create(0x0_F1DA_05AAul, 0x1_5A54_6366ul)),
        Vector256.Create(Vector128.Create(0x1_7519_97D0ul, 0x0_CCAA_009Eul), Vector128<ulong>.Zero));

    public static uint Run<TMode>(uint register, byte* source, byte* destination, int length)
        where TMode : struct, ICopyMode
    {
        if (length < Width)
            return Crc32Carryless128.Run<TMode>(register, source, destination, length);
        var sum = Vector512.CreateScalar((ulong)register);
        if (length >= Accumulators * Width)
        {
            var bulk = length & -(Accumulators * Width);
            sum = RunWide<TMode>(sum, source, destination, bulk);
            source += bulk;
            destination += bulk;
            length -= bulk;
        }
        else
        {
            sum ^= Take<TMode>(source, destination);
            source += Width;
            destination += Width;
            length -= Width;
        }

        var byWidth = ByWidth;
        for (; length >= Width; length -= Width, source += Width, destination += Width)
            sum = Fold(sum, byWidth) ^ Take<TMode>(source, destination);
        return Crc32Carryless128.Finish<TMode>(MergeLanes(sum), source, destination, length);
    }

    private static Vector512<ulong> RunWide<TMode>(Vector512<ulong> register, byte* source, byte* destination, int length)
        where TMode : struct, ICopyMode
    {
        var a = register ^ Take<TMode>(source, destination);
        var b = Take<TMode>(source + Width, destination + Width);
        var c = Take<TMode>(source + (2 * Width), destination + (2 * Width));
        var d = Take<TMode>(source + (3 * Width), destination + (3 * Width));
        // Held in registers: the property is a call where the compiler does not see through it.
        var (byAccumulators, byWidth) = (ByAccumulators, ByWidth);
        for (var offset = Accumulators * Width; offset < length; offset += Accumulators * Width)
        {
            var from = source + offset;
            var to = destination + offset;
            a = Fold(a, byAccumulators) ^ Take<TMode>(from, to);
            b = Fold(b, byAccumulators) ^ Take<TMode>(from + Width, to + Width);
            c = Fold(c, byAccumulators) ^ Take<TMode>(from + (2 * Width), to + (2 * Width));
            d = Fold(d, byAccumulators) ^ Take<TMode>(from + (3 * Width), to + (3 * Width));
        }

        b ^= Fold(a, byWidth);
        c ^= Fold(b, byWidth);
        return d ^ Fold(c, byWidth);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Take<TMode>(byte* source, byte* destination)
        where TMode : struct, ICopyMode
    {
        var value = Vector512.Load(source);
        if (TMode.Copies)
            value.Store(destination);
        return value.AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Fold(Vector512<ulong> sum, Vector512<ulong> by) =>
        Pclmulqdq.V512.CarrylessMultiply(sum, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(sum, by, 0x11);

    private static Vector128<ulong> MergeLanes(Vector512<ulong> sum)
    {
        var folded = Fold(sum, ByLanes);
        return folded.GetLower().GetLower() ^ folded.GetLower().GetUpper() ^ folded.GetUpper().GetLower() ^ sum.GetUpper().GetUpper();
    }
}
#endif
