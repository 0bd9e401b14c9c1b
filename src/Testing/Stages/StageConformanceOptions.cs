using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Testing;

/// <summary>Where a stage is to stand and what it may do on purpose.</summary>
public sealed record StageConformanceOptions
{
    /// <summary>
    /// What bursts are where the stage stands: received behind <c>receive</c>, decoded behind <c>decode</c>, un-encoded in front of
    /// <c>encode</c>, where now and then an encoded one comes too, and encoded behind it. All of them by default.
    /// </summary>
    public IReadOnlyList<BurstStage> States { get; init; } =
        [BurstStage.Received, BurstStage.Decoded, BurstStage.Unencoded, BurstStage.Encoded];

    /// <summary>Packets may overtake one another.</summary>
    public bool MayReorder { get; init; }

    /// <summary>Packets may come out more often than they came in, each counted as created.</summary>
    public bool MayDuplicate { get; init; }

    /// <summary>Frames may leave damaged: with an ICRC that is not that of their bytes.</summary>
    public bool MayCorrupt { get; init; }

    /// <summary>Bursts of each scenario: 8 to 256.</summary>
    public int Bursts { get; init; } = 48;

    /// <summary>What the sizes of bursts, the kinds of packets and the order of turns are drawn from.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The virtual time in which everything must have gone its way: 1 ms to an hour.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    internal void Validate()
    {
        Limits.Check(nameof(Bursts), Bursts, 8, 256);
        Limits.Check(nameof(Patience), Patience, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        if (States is null or [])
            throw Limits.Wrong(nameof(States), "empty", "one state or more");
    }
}
