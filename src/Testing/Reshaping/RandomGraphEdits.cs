using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>A seeded sequence of edits of a running device's graph.</summary>
internal sealed class RandomGraphEdits(ulong seed)
{
    /// <summary>How the names of stages begin that were put in and may be taken out.</summary>
    public const string Extra = "extra_";

    private const int MostExtras = 6;

    private readonly SplitMix _random = new(seed);
    private int _made;

    /// <summary>Begins the next edit.</summary>
    /// <param name="pipeline">The device's pipeline.</param>
    /// <returns>What it does, and its end.</returns>
    public (EditKind Kind, Task<GraphRevision> Edit) Begin(DevicePipeline pipeline)
    {
        var kind = Choose(pipeline);
        return (kind, Begin(pipeline, kind));
    }

    /// <summary>Begins an edit of a kind that is possible now.</summary>
    public Task<GraphRevision> Begin(DevicePipeline pipeline, EditKind kind) => kind == EditKind.Rollback
        ? pipeline.RollbackAsync()
        : pipeline.ReconfigureAsync(spec => Edit(spec, kind));

    /// <summary>Draws an edit other than the way back, and does not begin it.</summary>
    public Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> Draw(DevicePipeline pipeline)
    {
        EditKind kind;
        do
            kind = Choose(pipeline);
        while (kind == EditKind.Rollback);
        return spec => Edit(spec, kind);
    }

    /// <summary>Whether an edit of a kind is possible.</summary>
    private static bool IsPossible(DevicePipeline pipeline, EditKind kind) => kind switch
    {
        EditKind.Insert => Extras(pipeline.Spec).Length < MostExtras,
        EditKind.Remove => Extras(pipeline.Spec).Length > 0,
        EditKind.Reroute => Rows(pipeline.Spec).Length > 0,
        EditKind.Driver => !IsSeeded(pipeline.Spec),
        EditKind.Rollback => pipeline.Describe().Revision > 1,
        _ => true,
    };

    private static bool IsSeeded(StageGraphSpec<PacketBurst> spec) => spec.Drivers.ContainsValue(ShardDriverKind.Seeded);

    private static StageSpec<PacketBurst>[] Extras(StageGraphSpec<PacketBurst> spec) =>
        [.. spec.Stages.Where(stage => stage.Name.StartsWith(Extra, StringComparison.Ordinal))];

    // Two extra stages in a row, with the edge that leads into them.
    private static (EdgeSpec In, EdgeSpec Between, EdgeSpec Out)[] Rows(StageGraphSpec<PacketBurst> spec) =>
    [
        .. from between in spec.Edges
           where between.From.StartsWith(Extra, StringComparison.Ordinal) && between.To.StartsWith(Extra, StringComparison.Ordinal)
           from before in spec.Edges.Where(edge => edge.To == between.From)
           from behind in spec.Edges.Where(edge => edge.From == between.To)
           select (before, between, behind),
    ];

    /// <summary>Draws a kind of edit that is possible now.</summary>
    public EditKind Choose(DevicePipeline pipeline)
    {
        while (true)
        {
            var kind = _random.Pick(Enum.GetValues<EditKind>());
            if (IsPossible(pipeline, kind))
                return kind;
        }
    }

    private StageGraphSpec<PacketBurst> Edit(StageGraphSpec<PacketBurst> spec, EditKind kind) => kind switch
    {
        EditKind.Insert => Insert(spec),
        EditKind.Remove => spec.Remove(_random.Pick<StageSpec<PacketBurst>>(Extras(spec)).Name),
        EditKind.Replace => Replace(spec),
        EditKind.Resize => spec.Resize(Target(spec), _random.Between(1, 128)),
        EditKind.Reroute => Exchange(spec),
        EditKind.Preset => ChangePreset(spec),
        _ => spec.Drive(_random.Below(spec.Drivers.Count), Driver()),
    };

    private StageGraphSpec<PacketBurst> Insert(StageGraphSpec<PacketBurst> spec)
    {
        string name = $"{Extra}{_made++}";
        // Half of them behind another one, so that there is something to exchange.
        EdgeSpec[] behind = [.. spec.Edges.Where(edge => edge.From.StartsWith(Extra, StringComparison.Ordinal))];
        var edge = _random.Pick<EdgeSpec>(behind.Length > 0 && _random.Chance(50) ? behind : [.. spec.Edges]);
        return spec.Insert(name, () => new PassingStage(name), edge.From, edge.Port);
    }

    private StageGraphSpec<PacketBurst> Replace(StageGraphSpec<PacketBurst> spec)
    {
        var stage = _random.Pick<StageSpec<PacketBurst>>([.. spec.Stages]);
        return spec.Replace(stage.Name, () => stage.Factory());
    }

    private string Target(StageGraphSpec<PacketBurst> spec) =>
        _random.Pick<StageSpec<PacketBurst>>([.. spec.Stages.Where(stage => !stage.Inputs.IsEmpty)]).Name;

    private StageGraphSpec<PacketBurst> Exchange(StageGraphSpec<PacketBurst> spec)
    {
        var (before, between, behind) = _random.Pick<(EdgeSpec In, EdgeSpec Between, EdgeSpec Out)>(Rows(spec));
        return spec.Reroute(before.From, between.To, before.Port)
            .Reroute(between.To, between.From)
            .Reroute(between.From, behind.To, toPort: behind.ToPort);
    }

    // A device in virtual time keeps its driver; a fused shard has no data edge to another.
    private StageGraphSpec<PacketBurst> ChangePreset(StageGraphSpec<PacketBurst> spec)
    {
        bool canFuse = spec.Drivers.Count == 1;
        if (IsSeeded(spec))
            return spec with { Hop = (HopPolicy)_random.Below(canFuse ? 3 : 2) };
        return spec.WithPreset(canFuse
            ? _random.Pick(PipelinePreset.Staged, PipelinePreset.Queued, PipelinePreset.Fused, PipelinePreset.Polling)
            : _random.Pick(PipelinePreset.Staged, PipelinePreset.Queued, PipelinePreset.Polling));
    }

    private ShardDriverKind Driver() => _random.Pick(ShardDriverKind.Hybrid, ShardDriverKind.Dedicated, ShardDriverKind.Polling);
}
