using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>What a stage may ask of the block around it. All members but <see cref="Wake"/> belong to the shard.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public interface IStageContext<T>
    where T : class, IBurst
{
    /// <summary>
    /// Whether every output port is free. A pump stops when it turns false; bursts emitted nevertheless are kept in order.
    /// </summary>
    bool HasRoom { get; }

    /// <summary>
    /// Passes a burst on. Never fails: it goes downstream or waits at the port, and while one waits the stage is neither processed nor
    /// pumped.
    /// </summary>
    /// <param name="port">The index of the output port in <see cref="IStage{T}.Outputs"/>.</param>
    /// <param name="burst">The burst; its ownership goes with it.</param>
    void Emit(int port, T burst);

    /// <summary>
    /// Gives the burst of the current <see cref="IStage{T}.Process"/> call back unfinished: the block keeps it in front of all others
    /// and calls again with it after <see cref="Wake"/>. Until then the block takes nothing more, so the wait becomes backpressure.
    /// Account nothing for it yet.
    /// </summary>
    /// <param name="burst">The burst.</param>
    /// <param name="reason">What the stage waits for: the time until the burst is through counts for it.</param>
    void Defer(T burst, BlockedReason reason = BlockedReason.DownstreamFull);

    /// <summary>Items that began their life here (a pump's output, a second reference from a tee).</summary>
    void Created(int items);

    /// <summary>Items that ended their life here as intended.</summary>
    void Ended(int items);

    /// <summary>Items lost here, and why.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="items">How many.</param>
    /// <param name="burst">The burst they are in; null for the one that is being processed.</param>
    void Dropped(DropReason reason, int items, T? burst = null);

    /// <summary>Any thread: have the pump called, or the deferred burst tried again. Calls coalesce, none is lost.</summary>
    void Wake();

    /// <summary>
    /// As <see cref="Wake"/>, once the shard's clock has come to a time, in nanoseconds; in place of the time that was asked for before.
    /// </summary>
    /// <exception cref="InvalidOperationException">The shard offers no time.</exception>
    void WakeAt(long nanoseconds);

    /// <summary>
    /// Whether the stage is about to go, with its graph or out of it: then it lets everything through that waits for a time only. What it
    /// has deferred is tried again.
    /// </summary>
    bool IsEnding { get; }

    /// <summary>What the shard offers to its stages; null where the graph's owner has named nothing.</summary>
    IShardServices? Services { get; }
}
