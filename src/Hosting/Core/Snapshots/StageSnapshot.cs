namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>A stage at one moment: what it counted since it was made, and the rates since the observer's last look.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Shard">The shard it runs on.</param>
/// <param name="Hop">How bursts get into it: <c>Inline</c>, <c>Queued</c> or <c>Fused</c>.</param>
/// <param name="ConsumedItems">Items taken in.</param>
/// <param name="ConsumedBursts">Bursts taken in.</param>
/// <param name="ProducedItems">Items given out.</param>
/// <param name="ProducedBursts">Bursts given out.</param>
/// <param name="CreatedItems">Items that began their life in it.</param>
/// <param name="EndedItems">Items that ended their life in it as intended.</param>
/// <param name="DroppedItems">Items dropped.</param>
/// <param name="Drops">Of these, by reason.</param>
/// <param name="Faults">Exceptions that came out of it.</param>
/// <param name="BusySeconds">Time worked.</param>
/// <param name="BlockedSeconds">Time it could not work because of backpressure.</param>
public sealed record StageSnapshot(
    string Name,
    string Type,
    int Shard,
    string Hop,
    long ConsumedItems,
    long ConsumedBursts,
    long ProducedItems,
    long ProducedBursts,
    long CreatedItems,
    long EndedItems,
    long DroppedItems,
    IReadOnlyDictionary<string, long> Drops,
    long Faults,
    double BusySeconds,
    double BlockedSeconds)
{
    /// <summary>Items handled (taken in or created) per second.</summary>
    public double ItemsPerSecond { get; init; }

    /// <summary>Items of a burst, on average; 0 when none came.</summary>
    public double MeanBurst { get; init; }

    /// <summary>Items dropped per second.</summary>
    public double DroppedPerSecond { get; init; }

    /// <summary>The part of the time it worked, 0 to 1.</summary>
    public double BusyFraction { get; init; }

    /// <summary>The part of the time it could not work because of backpressure, 0 to 1.</summary>
    public double BlockedFraction { get; init; }
}
