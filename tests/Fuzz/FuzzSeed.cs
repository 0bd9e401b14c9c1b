namespace RdmaPipeline.FuzzTests;

/// <summary>The seed of a campaign.</summary>
internal static class FuzzSeed
{
    /// <summary>What <c>RDMAPIPE_SEED</c> says, or a new one.</summary>
    public static ulong Fresh() => Environment.GetEnvironmentVariable("RDMAPIPE_SEED") is { Length: > 0 } text
        ? ulong.Parse(text) : (ulong)Random.Shared.NextInt64();
}
