using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>A stage at one moment.</summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Shard">The shard it runs on.</param>
/// <param name="Hop">How bursts get into it.</param>
/// <param name="ConsumedItems">Items taken in.</param>
/// <param name="ConsumedBursts">Bursts taken in.</param>
/// <param name="ProducedItems">Items given out.</param>
/// <param name="ProducedBursts">Bursts given out.</param>
/// <param name="CreatedItems">Items that began their life in it.</param>
/// <param name="EndedItems">Items that ended their life in it as intended.</param>
/// <param name="DroppedItems">Items dropped.</param>
/// <param name="Drops">Items dropped, by the reason's name; reasons with none are left out.</param>
/// <param name="Faults">Exceptions that came out of it.</param>
/// <param name="BusySeconds">Time worked, scaled up from samples.</param>
/// <param name="BlockedSeconds">Time it could not work because of backpressure.</param>
/// <param name="BurstSizes">Bursts by size: entry <c>b</c> counts sizes up to <c>2^b</c>.</param>
public sealed record StageDescriptor(
    string Name,
    string Type,
    int Shard,
    HopPolicy Hop,
    long ConsumedItems,
    long ConsumedBursts,
    long ProducedItems,
    long ProducedBursts,
    long CreatedItems,
    long EndedItems,
    long DroppedItems,
    ImmutableSortedDictionary<string, long> Drops,
    long Faults,
    double BusySeconds,
    double BlockedSeconds,
    ImmutableArray<long> BurstSizes);
