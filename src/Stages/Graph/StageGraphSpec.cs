using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>
/// The description of a graph: immutable, so that a change is another description. An array that was never set counts as empty.
/// </summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public sealed partial record StageGraphSpec<T>
    where T : class, IBurst
{
    /// <summary>The graph's name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the preset it was made from, for people.</summary>
    public string Preset { get; init; } = "custom";

    /// <summary>How bursts hop where a stage says nothing else.</summary>
    public HopPolicy Hop { get; init; }

    /// <summary>The stages, in the order they are shown.</summary>
    public ImmutableArray<StageSpec<T>> Stages { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The data edges.</summary>
    public ImmutableArray<EdgeSpec> Edges { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The doorbell edges.</summary>
    public ImmutableArray<DoorbellSpec> Doorbells { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>
    /// Who runs a shard, by its number: what the owner of the shards has started. A shard that is not named is none of the graph's
    /// business.
    /// </summary>
    public ImmutableSortedDictionary<int, ShardDriverKind> Drivers { get; init => field = value ?? NoDrivers; } = NoDrivers;

    /// <summary>
    /// What edits asked for and could not do, in words: of a stage that is not there, for example. They come out with all else that is
    /// wrong, where a graph is built or changed.
    /// </summary>
    public ImmutableArray<string> EditErrors { get; init => field = value.IsDefault ? [] : value; } = [];

    private static ImmutableSortedDictionary<int, ShardDriverKind> NoDrivers => ImmutableSortedDictionary<int, ShardDriverKind>.Empty;

    /// <summary>The hop policy of one of its stages.</summary>
    public HopPolicy HopOf(StageSpec<T> stage)
    {
        ArgumentNullException.ThrowIfNull(stage);
        return stage.Hop ?? Hop;
    }

    /// <summary>The stage of a name, or null.</summary>
    public StageSpec<T>? Find(string name) => Stages.FirstOrDefault(s => s.Name == name);
}
