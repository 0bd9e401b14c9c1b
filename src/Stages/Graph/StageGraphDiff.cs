using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <summary>What leads from one description of a graph to another. Its text is for people.</summary>
public sealed record StageGraphDiff
{
    /// <summary>Stages that are new.</summary>
    public required ImmutableArray<string> AddedStages { get; init; }

    /// <summary>Stages that go.</summary>
    public required ImmutableArray<string> RemovedStages { get; init; }

    /// <summary>Stages that another one takes the place of: made by another factory, or with other ports.</summary>
    public required ImmutableArray<string> ReplacedStages { get; init; }

    /// <summary>Stages that stay what they are but get into another block: another hop policy, another shard.</summary>
    public required ImmutableArray<string> MovedStages { get; init; }

    /// <summary>Data edges that are new.</summary>
    public required ImmutableArray<EdgeSpec> AddedEdges { get; init; }

    /// <summary>Data edges that go.</summary>
    public required ImmutableArray<EdgeSpec> RemovedEdges { get; init; }

    /// <summary>Data edges with another capacity, as they are to be.</summary>
    public required ImmutableArray<EdgeSpec> ResizedEdges { get; init; }

    /// <summary>Doorbell edges that are new.</summary>
    public required ImmutableArray<DoorbellSpec> AddedDoorbells { get; init; }

    /// <summary>Doorbell edges that go.</summary>
    public required ImmutableArray<DoorbellSpec> RemovedDoorbells { get; init; }

    /// <summary>Shards with another driver, and which.</summary>
    public required ImmutableSortedDictionary<int, ShardDriverKind> Drivers { get; init; }

    /// <summary>The name of the preset that takes the place of another; null when that stays.</summary>
    public required string? Preset { get; init; }

    /// <summary>Nothing is different.</summary>
    public bool IsEmpty => !ChangesStructure && ResizedEdges.IsEmpty && Drivers.IsEmpty && Preset is null;

    /// <summary>More is different than sizes, drivers and names.</summary>
    internal bool ChangesStructure => !(AddedStages.IsEmpty && RemovedStages.IsEmpty && ReplacedStages.IsEmpty && MovedStages.IsEmpty
        && AddedEdges.IsEmpty && RemovedEdges.IsEmpty && AddedDoorbells.IsEmpty && RemovedDoorbells.IsEmpty);

    /// <summary>Compares two descriptions. A pure function.</summary>
    /// <param name="from">What is.</param>
    /// <param name="to">What is to be.</param>
    public static StageGraphDiff Between<T>(StageGraphSpec<T> from, StageGraphSpec<T> to)
        where T : class, IBurst
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        (StageSpec<T> Old, StageSpec<T> New)[] both = [.. to.Stages.Where(s => from.Find(s.Name) is not null)
            .Select(s => (from.Find(s.Name)!, s))];
        return new StageGraphDiff
        {
            AddedStages = [.. to.Stages.Where(s => from.Find(s.Name) is null).Select(s => s.Name)],
            RemovedStages = [.. from.Stages.Where(s => to.Find(s.Name) is null).Select(s => s.Name)],
            ReplacedStages = [.. both.Where(s => !IsSame(s.Old, s.New)).Select(s => s.New.Name)],
            MovedStages = [.. both.Where(s => IsSame(s.Old, s.New) && (s.Old.Shard != s.New.Shard || from.HopOf(s.Old) != to.HopOf(s.New)))
                .Select(s => s.New.Name)],
            AddedEdges = [.. to.Edges.Where(e => !from.Edges.Any(e.Joins))],
            RemovedEdges = [.. from.Edges.Where(e => !to.Edges.Any(e.Joins))],
            ResizedEdges = [.. to.Edges.Where(e => from.Edges.Any(old => e.Joins(old) && e.Capacity != old.Capacity))],
            AddedDoorbells = [.. to.Doorbells.Except(from.Doorbells)],
            RemovedDoorbells = [.. from.Doorbells.Except(to.Doorbells)],
            Drivers = to.Drivers.Where(d => !from.Drivers.Contains(d)).ToImmutableSortedDictionary(),
            Preset = to.Preset == from.Preset ? null : to.Preset,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => IsEmpty ? "nothing" : string.Join("; ", Parts().Where(p => p.Length != 0));

    /// <summary>Whether a description means the same stage: made by the same factory, with the same ports.</summary>
    internal static bool IsSame<T>(StageSpec<T> a, StageSpec<T> b)
        where T : class, IBurst =>
        a.Factory == b.Factory && a.Inputs.SequenceEqual(b.Inputs) && a.Outputs.SequenceEqual(b.Outputs);

    private static string Listed<TItem>(string verb, IEnumerable<TItem> items)
    {
        string list = string.Join(", ", items);
        return list.Length == 0 ? "" : $"{verb} {list}";
    }

    private static string Written(DoorbellSpec bell) => $"{bell.From ?? "outside"} ⇒ {bell.To}";

    private IEnumerable<string> Parts() =>
    [
        Preset is null ? "" : $"preset {Preset}",
        Listed("add", AddedStages),
        Listed("remove", RemovedStages),
        Listed("replace", ReplacedStages),
        Listed("move", MovedStages),
        Listed("unlink", RemovedEdges.Select(e => e.ToString()).Concat(RemovedDoorbells.Select(Written))),
        Listed("link", AddedEdges.Select(e => e.ToString()).Concat(AddedDoorbells.Select(Written))),
        Listed("resize", ResizedEdges.Select(e => $"{e} to {e.Capacity}")),
        Listed("drive", Drivers.Select(d => $"shard {d.Key} {d.Value}")),
    ];
}
