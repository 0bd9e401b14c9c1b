using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol.Sequence;

/// <summary>The modulo-2^24 arithmetic that packet and message sequence numbers share.</summary>
internal static class SequenceNumber
{
    public const uint Mask = 0xFF_FFFF;

    // R-REQ-1: all sums are taken modulo 2^24.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Add(uint value, int count) => unchecked(value + (uint)count) & Mask;

    // R-REQ-2: the sign-extended 24-bit difference; 0x800000 counts as "before".
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compare(uint left, uint right) => unchecked((int)((left - right) << 8)) >> 8;

    public static uint Checked(uint value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Mask, name);
        return value;
    }
}
