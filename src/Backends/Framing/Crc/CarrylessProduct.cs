using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>The product of two reflected polynomials modulo the CRC-32 generator, fast where the processor helps.</summary>
internal static class CarrylessProduct
{
    public static uint Multiply(uint left, uint right)
    {
        if (!Pclmulqdq.IsSupported)
            return Crc32Polynomial.Multiply(left, right);
        // The product of two reflected 32-bit numbers has its x^0 in bit 62: one shift makes it a reflected 64-bit polynomial, whose low
        // half holds the high powers; those are what a register holds before four zero bytes.
        var product = Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((ulong)left), Vector128.CreateScalar((ulong)right), 0x00)
            .ToScalar() << 1;
        return Crc32Tables.AdvanceByFourZeros((uint)product) ^ (uint)(product >> 32);
    }
}
