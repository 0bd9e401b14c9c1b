using System.Runtime.CompilerServices;

namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>CRC-32 by eight tables, eight bytes a step: for processors without carry-less multiplication and for short tails.</summary>
internal static unsafe class Crc32Tables
{
    private const int Slices = 8;
    private const int TableSize = 256;

    private static readonly uint[] Table = Build();

    public static uint Run<TMode>(uint register, byte* source, byte* destination, int length)
        where TMode : struct, ICopyMode
    {
        fixed (uint* table = Table)
        {
            for (; length >= sizeof(ulong); length -= sizeof(ulong), source += sizeof(ulong))
            {
                var word = Unsafe.ReadUnaligned<ulong>(source);
                if (TMode.Copies)
                {
                    Unsafe.WriteUnaligned(destination, word);
                    destination += sizeof(ulong);
                }

                register = Step(table, word ^ register);
            }

            for (; length > 0; length--, source++)
            {
                if (TMode.Copies)
                    *destination++ = *source;
                register = table[(byte)(register ^ *source)] ^ (register >> 8);
            }
        }

        return register;
    }

    /// <summary>Moves a register over four zero bytes: multiplies by x^32.</summary>
    public static uint AdvanceByFourZeros(uint register) =>
        Table[(3 * TableSize) + (byte)register] ^ Table[(2 * TableSize) + (byte)(register >> 8)]
        ^ Table[TableSize + (byte)(register >> 16)] ^ Table[register >> 24];

    private static uint Step(uint* table, ulong word) =>
        table[(7 * TableSize) + (byte)word] ^ table[(6 * TableSize) + (byte)(word >> 8)]
        ^ table[(5 * TableSize) + (byte)(word >> 16)] ^ table[(4 * TableSize) + (byte)(word >> 24)]
        ^ table[(3 * TableSize) + (byte)(word >> 32)] ^ table[(2 * TableSize) + (byte)(word >> 40)]
        ^ table[TableSize + (byte)(word >> 48)] ^ table[word >> 56];

    // The word is read as little-endian; the table of slice k moves a byte over k more zero bytes.
    private static uint[] Build()
    {
        var table = new uint[Slices * TableSize];
        for (uint i = 0; i < TableSize; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ ((value & 1) * Crc32Polynomial.Reflected);
            table[i] = value;
        }

        for (var i = TableSize; i < table.Length; i++)
        {
            var previous = table[i - TableSize];
            table[i] = table[(byte)previous] ^ (previous >> 8);
        }

        return table;
    }
}
