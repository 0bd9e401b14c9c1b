using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>Edits of a running graph: most are possible, some are not, and some are those of a drawing.</summary>
internal sealed class LiveEdits(GraphParts parts, GraphDrawing drawing)
{
    private const int MostStages = 20;

    private int _named;

    public StageGraphSpec<TestBurst> Choose(StageGraphSpec<TestBurst> spec, ref RecordReader choices) => choices.Below(16) switch
    {
        0 or 1 or 2 => Insert(spec, ref choices),
        3 or 4 => spec.Remove(NameOf(spec, ref choices)),
        5 or 6 => Replace(spec, ref choices),
        7 => spec.Resize(NameOf(spec, ref choices), choices.Below(6)),
        8 => spec with { Hop = (HopPolicy)choices.Below(3), Preset = $"preset {choices.Below(2)}" },
        9 => spec.Drive(choices.Below(3), (ShardDriverKind)choices.Below(4)),
        10 => Reroute(spec, ref choices),
        11 => Move(spec, ref choices),
        12 => Rewire(spec, ref choices),
        13 => spec with { Name = "other" },
        14 => Insert(Insert(spec, ref choices), ref choices),
        _ => drawing.Edited(spec, choices.Byte(), ref choices),
    };

    private StageGraphSpec<TestBurst> Insert(StageGraphSpec<TestBurst> spec, ref RecordReader choices)
    {
        if (spec.Edges.IsEmpty || spec.Stages.Length >= MostStages) return spec;
        var (edge, name) = (spec.Edges[choices.Below(spec.Edges.Length)], $"x{_named++}");
        return spec.Insert(name, Factory(name, ref choices), edge.From, edge.Port);
    }

    private StageGraphSpec<TestBurst> Replace(StageGraphSpec<TestBurst> spec, ref RecordReader choices)
    {
        var name = NameOf(spec, ref choices);
        if (spec.Find(name) is not { } stage) return spec.Replace(name, parts.Factory(name, StageRole.Pass));
        return spec.Replace(name, (stage.Inputs.Length, stage.Outputs.Length) switch
        {
            (0, _) => parts.Factory(name, StageRole.Pump),
            (_, 0) => parts.Factory(name, StageRole.Sink),
            (_, 2) => parts.Factory(name, StageRole.Fork),
            _ when spec.Doorbells.Any(bell => bell.To == name) => parts.Factory(name, StageRole.PumpWithInput),
            _ => Factory(name, ref choices),
        });
    }

    private static StageGraphSpec<TestBurst> Reroute(StageGraphSpec<TestBurst> spec, ref RecordReader choices)
    {
        if (spec.Edges.IsEmpty) return spec;
        var (one, other) = (spec.Edges[choices.Below(spec.Edges.Length)], spec.Edges[choices.Below(spec.Edges.Length)]);
        // Of two edges each leads where the other led; or one of them leads there as well.
        var changed = spec.Reroute(one.From, other.To, one.Port, other.ToPort);
        return choices.OneIn(4) ? changed : changed.Reroute(other.From, one.To, other.Port, one.ToPort);
    }

    private static StageGraphSpec<TestBurst> Move(StageGraphSpec<TestBurst> spec, ref RecordReader choices)
    {
        if (spec.Stages.IsEmpty) return spec;
        var (at, shard) = (choices.Below(spec.Stages.Length), choices.Below(2));
        return spec with { Stages = spec.Stages.SetItem(at, spec.Stages[at] with { Shard = shard, Hop = (HopPolicy?)choices.Below(3) }) };
    }

    private StageGraphSpec<TestBurst> Rewire(StageGraphSpec<TestBurst> spec, ref RecordReader choices)
    {
        if (!spec.Doorbells.IsEmpty && choices.OneIn(2))
            return spec with { Doorbells = spec.Doorbells.RemoveAt(choices.Below(spec.Doorbells.Length)) };
        var from = choices.OneIn(2) ? NameOf(spec, ref choices) : null;
        var bell = new DoorbellSpec(from, NameOf(spec, ref choices), parts.Doorbells[choices.Below(parts.Doorbells.Length)]);
        return spec with { Doorbells = spec.Doorbells.Add(bell) };
    }

    private Func<IStage<TestBurst>> Factory(string name, ref RecordReader choices)
    {
        var role = choices.Pick(
            StageRole.Pass, StageRole.Heir, StageRole.Holder, StageRole.Limiter, StageRole.Heir, StageRole.PumpWithInput);
        return parts.Factory(name, role, choices.OneIn(4) ? (HeirMood)choices.Below(6) : HeirMood.Well);
    }

    private static string NameOf(StageGraphSpec<TestBurst> spec, ref RecordReader choices) =>
        spec.Stages.IsEmpty || choices.OneIn(24) ? "ghost" : spec.Stages[choices.Below(spec.Stages.Length)].Name;
}
