namespace RdmaPipeline.Verbs;

/// <summary>The parts of a 32-bit memory key: index and 8-bit variant (R-VERB-3).</summary>
internal static class MemoryKey
{
    /// <summary>Indices that fit into a key.</summary>
    public const int MaxIndex = (1 << 24) - 1;

    public static uint Of(int index, byte variant) => ((uint)index << 8) | variant;

    public static int Index(uint key) => (int)(key >> 8);
}
