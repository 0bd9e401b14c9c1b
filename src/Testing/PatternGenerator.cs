using System.Buffers.Binary;

namespace RdmaPipeline.Testing;

/// <summary>
/// A byte pattern that is a pure function of a seed and an offset. What was received is compared with the pattern, never with the
/// sender's buffer, so a transport that damages both alike is found out.
/// </summary>
public static class PatternGenerator
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const int WordLength = sizeof(ulong);

    /// <summary>The byte of a pattern at an offset.</summary>
    /// <param name="seed">Names the pattern.</param>
    /// <param name="offset">0 or more.</param>
    public static byte At(ulong seed, long offset) => (byte)(Word(seed, offset / WordLength) >> (int)(offset % WordLength * 8));

    /// <summary>Writes a part of a pattern.</summary>
    /// <param name="destination">Where to; its length is how much.</param>
    /// <param name="seed">Names the pattern.</param>
    /// <param name="offset">Where in the pattern the part begins.</param>
    public static void Fill(Span<byte> destination, ulong seed, long offset = 0)
    {
        var i = 0;
        while (i < destination.Length && (offset + i) % WordLength != 0) destination[i] = At(seed, offset + i++);
        for (; i + WordLength <= destination.Length; i += WordLength)
            BinaryPrimitives.WriteUInt64LittleEndian(destination[i..], Word(seed, (offset + i) / WordLength));
        for (; i < destination.Length; i++) destination[i] = At(seed, offset + i);
    }

    /// <summary>Compares memory with a part of a pattern.</summary>
    /// <param name="actual">The memory.</param>
    /// <param name="seed">Names the pattern.</param>
    /// <param name="offset">Where in the pattern the part begins.</param>
    /// <returns>The index of the first byte that differs, or −1.</returns>
    public static long FindMismatch(ReadOnlySpan<byte> actual, ulong seed, long offset = 0)
    {
        var i = 0;
        for (; i < actual.Length && (offset + i) % WordLength != 0; i++)
        {
            if (actual[i] != At(seed, offset + i)) return i;
        }

        while (i + WordLength <= actual.Length
               && BinaryPrimitives.ReadUInt64LittleEndian(actual[i..]) == Word(seed, (offset + i) / WordLength)) i += WordLength;
        for (; i < actual.Length; i++)
        {
            if (actual[i] != At(seed, offset + i)) return i;
        }

        return -1;
    }

    private static ulong Word(ulong seed, long index) => SplitMix.Mix(unchecked(SplitMix.Mix(seed) + ((ulong)index * Golden)));
}
