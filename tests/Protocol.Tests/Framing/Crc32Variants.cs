using RdmaPipeline.Backends.Framing.Crc;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>All CRC-32 kernels that this processor can run, and the definition bit by bit.</summary>
internal static unsafe class Crc32Variants
{
    public delegate uint Kernel(uint register, byte* source, byte* destination, int length);

    public static IReadOnlyList<(string Name, Kernel Sum, Kernel Copy)> All { get; } = Supported();

    public static uint Bitwise(uint register, ReadOnlySpan<byte> source)
    {
        foreach (var value in source)
        {
            register ^= value;
            for (var bit = 0; bit < 8; bit++)
                register = (register >> 1) ^ ((register & 1) * 0xEDB88320);
        }

        return register;
    }

    private static List<(string Name, Kernel Sum, Kernel Copy)> Supported()
    {
        List<(string Name, Kernel Sum, Kernel Copy)> kernels = [("tables", TablesSum, TablesCopy)];
        if (Crc32Carryless128.IsSupported)
            kernels.Add(("128", Sum128, Copy128));
        if (Crc32Carryless256.IsSupported)
            kernels.Add(("256", Sum256, Copy256));
        if (Crc32Carryless512.IsSupported)
            kernels.Add(("512", Sum512, Copy512));
        return kernels;
    }

    private static uint TablesSum(uint register, byte* from, byte* to, int length) =>
        Crc32Tables.Run<SumOnly>(register, from, to, length);

    private static uint TablesCopy(uint register, byte* from, byte* to, int length) =>
        Crc32Tables.Run<SumAndCopy>(register, from, to, length);

    private static uint Sum128(uint register, byte* from, byte* to, int length) =>
        Crc32Carryless128.Run<SumOnly>(register, from, to, length);

    private static uint Copy128(uint register, byte* from, byte* to, int length) =>
        Crc32Carryless128.Run<SumAndCopy>(register, from, to, length);

    private static uint Sum256(uint register, byte* from, byte* to, int length) =>
        Crc32Carryless256.Run<SumOnly>(register, from, to, length);

    private static uint Copy256(uint register, byte* from, byte* to, int length) =>
        Crc32Carryless256.Run<SumAndCopy>(register, from, to, length);

    private static uint Sum512(uint register, byte* from, byte* to, int length) =>
        Crc32Carryless512.Run<SumOnly>(register, from, to, length);

    private static uint Copy512(uint register, byte* from, byte* to, int length) =>
        Crc32Carryless512.Run<SumAndCopy>(register, from, to, length);
}
