namespace RdmaPipeline.LoadTests;

/// <summary>What a run of a scenario is given.</summary>
internal sealed record LoadSettings
{
    /// <summary>Connected queue pairs.</summary>
    public int QueuePairs { get; init; } = 64;

    /// <summary>How long, where a scenario is a matter of time.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of the longest message.</summary>
    public int MaxMessage { get; init; } = 16 * 1024;

    /// <summary>Names all plans.</summary>
    public ulong Seed { get; init; } = 1;
}
