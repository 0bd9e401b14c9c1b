namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Bytes that depend on a seed and their place, so that a test compares with something else than the sender's buffer.</summary>
internal static class Pattern
{
    public static void Fill(Span<byte> bytes, int seed)
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = At(i, seed);
    }

    public static bool Matches(ReadOnlySpan<byte> bytes, int seed)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(i, seed))
                return false;
        }
        return true;
    }

    private static byte At(int offset, int seed) => (byte)(((uint)offset * 2654435761u + (uint)seed * 40503u) >> 13);
}
