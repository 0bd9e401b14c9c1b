using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>Big-endian 24-bit fields: queue pair numbers, PSNs, MSNs.</summary>
internal static class UInt24
{
    public const uint Max = 0xFF_FFFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read(ReadOnlySpan<byte> source) => (uint)(source[2] | (source[1] << 8) | (source[0] << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Span<byte> destination, uint value)
    {
        destination[2] = (byte)value;
        destination[1] = (byte)(value >> 8);
        destination[0] = (byte)(value >> 16);
    }

    public static uint Checked(uint value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Max, name);
        return value;
    }
}
