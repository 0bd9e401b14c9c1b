namespace RdmaPipeline.Graph;

/// <summary>A stage that makes bursts of its own: rung by a doorbell, or polled by the driver.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public interface IPumpStage<T> : IStage<T>
    where T : class, IBurst
{
    /// <summary>
    /// Called on the shard after a <see cref="IStageContext{T}.Wake"/>, while every output port has room. Produces at most one budget.
    /// </summary>
    /// <returns>Whether more work is ready now; then the pump is called again when the other stages have had their turn.</returns>
    bool Pump();
}
