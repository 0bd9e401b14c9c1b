using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>
/// A stage that keeps bursts back after <see cref="IStage{T}.Process"/> and gives them out later from its pump. The block around it counts
/// what it holds, gives it all out when the stage is completed, and discards it, counted, when the graph faults.
/// </summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public interface IHoldingStage<T> : IPumpStage<T>
    where T : class, IBurst
{
    /// <summary>What the stage holds. Any thread; exact between two calls of the stage.</summary>
    QueueSize Held { get; }

    /// <summary>
    /// On the shard: gives back the burst that is next in order, for the first output port, whatever it waits for. The stage forgets it and
    /// accounts nothing for it.
    /// </summary>
    /// <returns>False when the stage holds nothing.</returns>
    bool TryGiveBack(out T burst);
}
