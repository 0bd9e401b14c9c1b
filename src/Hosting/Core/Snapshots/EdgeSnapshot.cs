using System.Text.Json.Serialization;

namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>A data edge at one moment: what passed since it was made, what waits, and the rates since the observer's last look.</summary>
/// <param name="From">The stage it starts at.</param>
/// <param name="Port">The output port it starts at.</param>
/// <param name="To">The stage it ends at.</param>
/// <param name="ToPort">The input port it ends at.</param>
/// <param name="Capacity">Bursts it holds.</param>
/// <param name="QueuedItems">Items that wait.</param>
/// <param name="QueuedBursts">Bursts that wait.</param>
/// <param name="ConsumedItems">Items that passed.</param>
/// <param name="ConsumedBursts">Bursts that passed.</param>
/// <param name="RefusedOffers">Offers that the target postponed or declined.</param>
/// <param name="DroppedItems">Items that the stage at its end dropped.</param>
/// <param name="IsClosed">Whether its gate is closed.</param>
public sealed record EdgeSnapshot(
    string From,
    string Port,
    string To,
    string ToPort,
    int Capacity,
    long QueuedItems,
    int QueuedBursts,
    long ConsumedItems,
    long ConsumedBursts,
    long RefusedOffers,
    long DroppedItems,
    bool IsClosed)
{
    /// <summary>What names the edge: <c>decode→dispatch</c>, with a port of its own name <c>dispatch.requests→responder</c>.</summary>
    [JsonIgnore]
    public string Name => Port == "out" ? $"{From}→{To}" : $"{From}.{Port}→{To}";

    /// <summary>Items that passed per second.</summary>
    public double ItemsPerSecond { get; init; }

    /// <summary>Items of a burst, on average; 0 when none passed.</summary>
    public double MeanBurst { get; init; }

    /// <summary>How full it is, 0 to 1.</summary>
    public double Fill => Capacity == 0 ? 0 : Math.Min(1, QueuedBursts / (double)Capacity);
}
