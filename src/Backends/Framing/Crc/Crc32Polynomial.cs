namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>Polynomials modulo the generator of the CRC-32, reflected: bit 31 is x^0, bit 0 is x^31.</summary>
internal static class Crc32Polynomial
{
    /// <summary>The generator, reflected.</summary>
    public const uint Reflected = 0xEDB8_8320;

    /// <summary>The polynomial 1.</summary>
    public const uint One = 0x8000_0000;

    /// <summary>x^8, what one zero byte does to a register.</summary>
    public const uint ZeroByte = One >> 8;

    /// <summary>x^(−8): takes one zero byte back. The table of a test proves that it is the inverse of <see cref="ZeroByte"/>.</summary>
    public const uint ZeroByteInverse = 0x6567_CB95;

    /// <summary>Multiplies two polynomials.</summary>
    public static uint Multiply(uint left, uint right)
    {
        var product = 0u;
        while (left != 0)
        {
            product ^= right & (uint)((int)left >> 31);
            left <<= 1;
            right = (right >> 1) ^ ((right & 1) * Reflected);
        }

        return product;
    }

    /// <summary>The powers 0, 1, 2, … of a polynomial.</summary>
    public static uint[] Powers(uint polynomial, int count)
    {
        var powers = new uint[count];
        var power = One;
        for (var i = 0; i < count; i++)
        {
            powers[i] = power;
            power = Multiply(power, polynomial);
        }

        return powers;
    }
}
