namespace RdmaPipeline.Graph;

/// <summary>A data edge at one moment.</summary>
/// <param name="From">The stage it starts at.</param>
/// <param name="Port">The output port it starts at.</param>
/// <param name="To">The stage it ends at.</param>
/// <param name="ToPort">The input port it ends at.</param>
/// <param name="Capacity">Bursts the target holds for it.</param>
/// <param name="ProducedItems">Items put on it.</param>
/// <param name="ProducedBursts">Bursts put on it.</param>
/// <param name="ConsumedItems">Items taken from it.</param>
/// <param name="ConsumedBursts">Bursts taken from it.</param>
/// <param name="QueuedItems">Items that wait on it.</param>
/// <param name="QueuedBursts">Bursts that wait on it.</param>
/// <param name="RefusedOffers">Offers the target postponed or declined.</param>
/// <param name="DroppedItems">Items the stage at its end has dropped.</param>
/// <param name="IsClosed">Whether its gate is closed.</param>
/// <param name="ItemsPerSecond">Items taken from it per second since its first one.</param>
public sealed record EdgeDescriptor(
    string From,
    string Port,
    string To,
    string ToPort,
    int Capacity,
    long ProducedItems,
    long ProducedBursts,
    long ConsumedItems,
    long ConsumedBursts,
    long QueuedItems,
    int QueuedBursts,
    long RefusedOffers,
    long DroppedItems,
    bool IsClosed,
    double ItemsPerSecond);
