using System.Numerics;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>The 5-bit code in which an ACK tells how many receive work requests are posted (R-REQ-20).</summary>
internal static class CreditCode
{
    private const byte Largest = 0x1E;

    /// <summary>The code of the largest number in the table that is not above <paramref name="posted"/>; never "unlimited".</summary>
    public static byte Encode(int posted)
    {
        if (posted <= 1) return (byte)Math.Max(posted, 0);
        // From 2 on the table goes 2^k, 1.5·2^k: two codes for each power.
        var power = BitOperations.Log2((uint)posted);
        var code = (2 * power) + ((posted >> (power - 1)) & 1);
        return (byte)Math.Min(code, Largest);
    }
}
