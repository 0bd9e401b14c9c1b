using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>A stage in a graph's description. An array of ports that was never set counts as empty.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public sealed record StageSpec<T>
    where T : class, IBurst
{
    /// <summary>The name of the only input port of a stage that names none.</summary>
    public const string DefaultInput = "in";

    /// <summary>The name of the only output port of a stage that names none.</summary>
    public const string DefaultOutput = "out";

    /// <summary>The stage's name, unique in the graph: lower case, snake_case.</summary>
    public required string Name { get; init; }

    /// <summary>Makes the stage; called once per build.</summary>
    public required Func<IStage<T>> Factory { get; init; }

    /// <summary>The input ports; empty for a source.</summary>
    public ImmutableArray<string> Inputs { get; init => field = value.IsDefault ? [] : value; } = [DefaultInput];

    /// <summary>The output ports; empty for a sink. They are the stage's <see cref="IStage{T}.Outputs"/>.</summary>
    public ImmutableArray<string> Outputs { get; init => field = value.IsDefault ? [] : value; } = [DefaultOutput];

    /// <summary>Bursts an edge into this stage holds unless it says otherwise: 1 to <see cref="StageBlockOptions.MaxCapacity"/>.</summary>
    public int Capacity { get; init; } = StageBlockOptions.DefaultCapacity;

    /// <summary>How bursts get into the stage; null leaves it to the preset.</summary>
    public HopPolicy? Hop { get; init; }

    /// <summary>The shard it runs on.</summary>
    public int Shard { get; init; }
}
