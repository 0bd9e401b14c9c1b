using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>The block around a stage as the graph's owner sees it.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public interface IStageHost<T> : IStageContext<T>
    where T : class, IBurst
{
    /// <summary>The stage's name.</summary>
    string Name { get; }

    /// <summary>The stage inside.</summary>
    IStage<T> Stage { get; }

    /// <summary>What it counts.</summary>
    StageMeter Meter { get; }

    /// <summary>Whether bursts wait at an output port or a deferred burst waits for <see cref="IStageContext{T}.Wake"/>.</summary>
    bool IsBlocked { get; }

    /// <summary>On the shard: pumps the stage now, unless it is blocked or completed.</summary>
    /// <returns>Whether the pump made something or has more work.</returns>
    bool Pump();
}
