using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>CRC-32 by carry-less multiplication of 128-bit vectors, and the last steps that the wider kernels share.</summary>
internal static unsafe class Crc32Carryless128
{
    private const int Width = 16;
    private const int Accumulators = 4;

    public static bool IsSupported => Pclmulqdq.IsSupported && Ssse3.IsSupported;

    // The pair for a distance of D bits is (x^(D+32), x^(D−32)) mod P, each reflected and shifted by one.
    private static Vector128<ulong> By128 => Vector128.Create(0x1_7519_97D0ul, 0x0_CCAA_009Eul);

    private static Vector128<ulong> By512 => Vector128.Create(0x1_5444_2BD4ul, 0x1_C6E4_1596ul);

    private static ReadOnlySpan<byte> ShiftMasks =>
    [
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    ];

    public static uint Run<TMode>(uint register, byte* source, byte* destination, int length)
        where TMode : struct, ICopyMode
    {
        if (length < Width)
            return Crc32Tables.Run<TMode>(register, source, destination, length);
        if (length >= Accumulators * Width)
            return RunWide<TMode>(register, source, destination, length);
        var sum = Take<TMode>(source, destination) ^ Vector128.CreateScalar((ulong)register);
        return Finish<TMode>(sum, source + Width, destination + Width, length - Width);
    }

    /// <summary>Folds what is left into an accumulator and reduces it. At least 16 bytes lie before <paramref name="source"/>.</summary>
    public static uint Finish<TMode>(Vector128<ulong> sum, byte* source, byte* destination, int length)
        where TMode : struct, ICopyMode
    {
        for (; length >= Width; length -= Width, source += Width, destination += Width)
            sum = Fold(sum, By128) ^ Take<TMode>(source, destination);
        if (length > 0)
            sum = FoldTail(sum, Take<TMode>(source + length - Width, destination + length - Width).AsByte(), length);
        return Reduce(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Take<TMode>(byte* source, byte* destination)
        where TMode : struct, ICopyMode
    {
        var value = Vector128.Load(source);
        if (TMode.Copies)
            value.Store(destination);
        return value.AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> sum, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(sum, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(sum, by, 0x11);

    private static uint RunWide<TMode>(uint register, byte* source, byte* destination, int length)
        where TMode : struct, ICopyMode
    {
        var a = Take<TMode>(source, destination) ^ Vector128.CreateScalar((ulong)register);
        var b = Take<TMode>(source + Width, destination + Width);
        var c = Take<TMode>(source + (2 * Width), destination + (2 * Width));
        var d = Take<TMode>(source + (3 * Width), destination + (3 * Width));
        while (true)
        {
            source += Accumulators * Width;
            destination += Accumulators * Width;
            length -= Accumulators * Width;
            if (length < Accumulators * Width)
                break;
            a = Fold(a, By512) ^ Take<TMode>(source, destination);
            b = Fold(b, By512) ^ Take<TMode>(source + Width, destination + Width);
            c = Fold(c, By512) ^ Take<TMode>(source + (2 * Width), destination + (2 * Width));
            d = Fold(d, By512) ^ Take<TMode>(source + (3 * Width), destination + (3 * Width));
        }

        b ^= Fold(a, By128);
        c ^= Fold(b, By128);
        d ^= Fold(c, By128);
        return Finish<TMode>(d, source, destination, length);
    }

    // The accumulator followed by 1 to 15 bytes is a longer number: its first bytes are folded over the sixteen that come after them.
    private static Vector128<ulong> FoldTail(Vector128<ulong> sum, Vector128<byte> lastSixteen, int length)
    {
        ref var masks = ref Unsafe.AsRef(in ShiftMasks[0]);
        var keepRight = Vector128.LoadUnsafe(ref masks, (nuint)length);
        var keepLeft = Vector128.LoadUnsafe(ref masks, (nuint)(Width + length));
        var front = Ssse3.Shuffle(sum.AsByte(), keepRight).AsUInt64();
        var tail = Vector128.LessThan(keepLeft.AsSByte(), Vector128<sbyte>.Zero).AsByte() & lastSixteen;
        var back = Ssse3.Shuffle(sum.AsByte(), keepLeft) | tail;
        return Fold(front, By128) ^ back.AsUInt64();
    }

    // 128 bits to 64, to 32 plus 32, then Barrett's reduction.
    private static uint Reduce(Vector128<ulong> sum)
    {
        var by64 = Vector128.CreateScalar(0x1_63CD_6124ul);
        var barrett = Vector128.Create(0x1_DB71_0641ul, 0x1_F701_1641ul);
        var low32 = Vector128.Create(0xFFFF_FFFFul, 0xFFFF_FFFFul);
        sum = Sse2.ShiftRightLogical128BitLane(sum, 8) ^ Pclmulqdq.CarrylessMultiply(sum, By128, 0x10);
        sum = Sse2.ShiftRightLogical128BitLane(sum, 4) ^ Pclmulqdq.CarrylessMultiply(sum & low32, by64, 0x00);
        var quotient = Pclmulqdq.CarrylessMultiply(sum & low32, barrett, 0x10) & low32;
        return (sum ^ Pclmulqdq.CarrylessMultiply(quotient, barrett, 0x00)).AsUInt32().GetElement(1);
    }
}
