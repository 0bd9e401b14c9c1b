using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>How a stage is hosted as a block.</summary>
public sealed record StageBlockOptions
{
    /// <summary>The default capacity, in bursts.</summary>
    public const int DefaultCapacity = 64;

    /// <summary>The most bursts that an edge or a stage may hold.</summary>
    public const int MaxCapacity = 4096;

    /// <summary>The shard the stage runs on.</summary>
    public required ShardScheduler Scheduler { get; init; }

    /// <summary>The name, if not the stage's own.</summary>
    public string? Name { get; init; }

    /// <summary>Whose stage it is, in metrics.</summary>
    public StageOwner Owner { get; init; } = StageOwner.None;

    /// <summary>Bursts the block holds: queued, being processed and waiting at its outputs. At least 1.</summary>
    public int Capacity { get; init; } = DefaultCapacity;

    /// <summary><see cref="HopPolicy.Inline"/> or <see cref="HopPolicy.Queued"/>.</summary>
    public HopPolicy Hop { get; init; }

    /// <summary>Whether a completed pump stage is pumped until it has nothing left; for pumps that doorbells feed.</summary>
    public bool DrainPump { get; init; }
}
