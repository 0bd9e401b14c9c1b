using System.Security.Cryptography;
using System.Text;

namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>
/// The bytes both ends compute for themselves: block k of 32 bytes is SHA-256 of "seed:k" (guest/verbs_peer.py has the same).
/// </summary>
public static class GuestPattern
{
    public static byte[] Create(int seed, int length)
    {
        var blocks = new byte[(length + 31) / 32 * 32];
        for (var k = 0; k * 32 < length; k++)
            SHA256.HashData(Encoding.ASCII.GetBytes($"{seed}:{k}"), blocks.AsSpan(k * 32, 32));
        return blocks[..length];
    }
}
