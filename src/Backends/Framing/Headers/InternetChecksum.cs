using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The ones-complement sum of the IPv4 header.</summary>
internal static class InternetChecksum
{
    /// <summary>Sums 16-bit words without folding.</summary>
    /// <param name="source">An even number of bytes, at most 64 KiB.</param>
    public static uint Sum(ReadOnlySpan<byte> source)
    {
        var sum = 0u;
        for (var i = 0; i + 1 < source.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(source[i..]);
        return sum;
    }

    /// <summary>Folds and complements a sum.</summary>
    public static ushort Finish(uint sum)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
