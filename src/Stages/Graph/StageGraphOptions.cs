using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>What a description needs in order to run.</summary>
public sealed record StageGraphOptions
{
    /// <summary>One scheduler for each shard that the description names.</summary>
    public required IReadOnlyList<ShardAssignment> Shards { get; init; }

    /// <summary>
    /// Told once, with the name of the stage, when an exception has come out of it: on the shard, after that stage's bursts were discarded.
    /// All blocks of the graph are faulted at the same time.
    /// </summary>
    public Action<string, Exception>? Faulted { get; init; }

    /// <summary>Told of every drop in every stage; null for nobody.</summary>
    public IDropObserver? Drops { get; init; }

    /// <summary>Told of the bursts that enter and leave stages; null for nobody.</summary>
    public StageObserver? Observer { get; init; }

    /// <summary>The device's name in metrics; may be empty.</summary>
    public string DeviceName { get; init; } = "";

    /// <summary>Who publishes its metrics.</summary>
    public RdmaPipelineMeters Meters { get; init; } = RdmaPipelineMeters.Shared;

    /// <summary>
    /// Gives a shard another driver, for changes of <see cref="StageGraphSpec{T}.Drivers"/>; completes when the new one drives. Null: the
    /// drivers cannot be changed through the graph.
    /// </summary>
    public Func<int, ShardDriverKind, Task>? ChangeDriver { get; init; }

    /// <summary>
    /// Told on each shard, while the graph is paused for a change and after its stages were exchanged: whoever keeps a host of the graph
    /// looks it up anew.
    /// </summary>
    public Action<int>? Relinked { get; init; }

    /// <summary>Told of each step of a change when it is taken, on its shard; what it throws fails the step. For tests.</summary>
    internal Action<EditStep>? Stepping { get; init; }

    /// <summary>Stages that the owner of the graph cannot do without.</summary>
    internal IReadOnlyList<RequiredStage> Required { get; init; } = [];

    /// <summary>Options for a graph on a single shard, number 0.</summary>
    public static StageGraphOptions On(ShardScheduler scheduler) => new() { Shards = [new ShardAssignment(0, scheduler)] };

    internal ShardScheduler SchedulerOf(int shard) => Shards.First(s => s.Shard == shard).Scheduler;
}
