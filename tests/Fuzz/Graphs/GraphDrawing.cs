using System.Collections.Immutable;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>A description that is being edited.</summary>
internal sealed class GraphDrawing(GraphParts parts)
{
    private const int MostStages = 14;

    private int _named;

    public StageGraphSpec<TestBurst> Spec { get; set; } = new() { Name = "drawing" };

    /// <summary>A line of stages that is right, with a fan-out if the header says so, which may come together again; or nothing.</summary>
    public void Begin(ref RecordReader header)
    {
        var (hop, length, forks, joins) = ((HopPolicy)header.Below(3), header.Below(5), header.OneIn(2), header.OneIn(2));
        parts.Capacity = header.Pick(2, 1, 3);
        if (length == 0) return;
        var builder = new StageGraphBuilder<TestBurst>("drawing", hop: hop);
        builder.Stage(parts.Stage("s0", StageRole.Pump)).Doorbell(null, "s0", parts.Doorbells[0]);
        for (var i = 1; i < length; i++) builder.Stage(parts.Stage($"s{i}", StageRole.Pass)).Edge($"s{i - 1}", $"s{i}");
        _named = length;
        if (forks) Fork(builder, $"s{length - 1}", joins);
        else builder.Stage(parts.Stage("end", StageRole.Sink)).Edge($"s{length - 1}", "end");
        Spec = builder.ToSpec();
        if (header.OneIn(4)) return;
        Spec = Spec.Drive(0, ShardDriverKind.Hybrid).Drive(1, header.OneIn(4) ? ShardDriverKind.Seeded : ShardDriverKind.Polling);
    }

    /// <summary>What an edit would make of another description.</summary>
    public StageGraphSpec<TestBurst> Edited(StageGraphSpec<TestBurst> spec, byte what, ref RecordReader choices)
    {
        var mine = Spec;
        try
        {
            Spec = spec;
            Edit(what, ref choices);
            return Spec;
        }
        finally
        {
            Spec = mine;
        }
    }

    private void Fork(StageGraphBuilder<TestBurst> builder, string from, bool joins)
    {
        var role = joins ? StageRole.Pass : StageRole.Sink;
        builder.Stage(parts.Stage("fork", StageRole.Fork)).Stage(parts.Stage("left", role)).Stage(parts.Stage("right", role))
            .Edge(from, "fork").Edge("fork", "left", "low").Edge("fork", "right", "high");
        if (!joins) return;
        builder.Stage(parts.Stage("join", StageRole.Join)).Stage(parts.Stage("end", StageRole.Sink))
            .Edge("left", "join", toPort: "first").Edge("right", "join", toPort: "second").Edge("join", "end");
    }

    public void Edit(byte what, ref RecordReader choices)
    {
        Spec = (what % 12) switch
        {
            0 or 1 => AddStage(ref choices),
            2 => Spec.Stages.IsEmpty ? Spec : Spec with { Stages = Spec.Stages.RemoveAt(choices.Below(Spec.Stages.Length)) },
            3 or 4 => AddEdge(ref choices),
            5 => Spec.Edges.IsEmpty ? Spec : Spec with { Edges = Spec.Edges.RemoveAt(choices.Below(Spec.Edges.Length)) },
            6 => AddDoorbell(ref choices),
            7 => Spec.Doorbells.IsEmpty ? Spec : Spec with { Doorbells = Spec.Doorbells.RemoveAt(choices.Below(Spec.Doorbells.Length)) },
            8 => Insert(ref choices),
            9 => ChangeStage(ref choices),
            10 => ChangeEdge(ref choices),
            _ => ChangeWhole(ref choices),
        };
    }

    private StageGraphSpec<TestBurst> AddStage(ref RecordReader choices)
    {
        if (Spec.Stages.Length >= MostStages) return Spec;
        var role = choices.Pick(StageRole.Pass, StageRole.Pump, StageRole.Sink, StageRole.Fork, StageRole.Join, StageRole.PumpWithInput);
        var stage = parts.Stage(choices.OneIn(16) ? NameOf(ref choices) : $"s{_named++}", role);
        return Spec with { Stages = Spec.Stages.Add(choices.OneIn(12) ? Spoil(stage, ref choices) : stage) };
    }

    private StageSpec<TestBurst> Spoil(StageSpec<TestBurst> stage, ref RecordReader choices) => choices.Below(12) switch
    {
        0 => stage with { Name = "" },
        1 => stage with { Factory = null! },
        2 => stage with { Capacity = 0 },
        3 => stage with { Inputs = ["in", "in"] },
        4 => stage with { Outputs = ["out", "other"] },
        5 => stage with { Outputs = [] },
        6 => stage with { Factory = () => null! },
        7 => stage with { Factory = () => throw new InvalidOperationException("no stage today") },
        8 => stage with { Shard = choices.Below(4) - 1 },
        9 => stage with { Inputs = default },
        10 => stage with { Outputs = default },
        _ => stage with { Name = null! },
    };

    private StageGraphSpec<TestBurst> AddEdge(ref RecordReader choices)
    {
        var (from, to) = (Any(ref choices), Any(ref choices));
        var port = from is { Outputs.IsEmpty: false } && !choices.OneIn(16) ? from.Outputs[choices.Below(from.Outputs.Length)] : "out";
        var toPort = to is { Inputs.IsEmpty: false } && !choices.OneIn(16) ? to.Inputs[choices.Below(to.Inputs.Length)] : "in";
        var capacity = choices.OneIn(16) ? 0 : choices.Between(1, 4);
        var edge = new EdgeSpec(from?.Name ?? NameOf(ref choices), port, to?.Name ?? "nowhere", toPort, capacity);
        return Spec with { Edges = Spec.Edges.Add(edge) };
    }

    private StageGraphSpec<TestBurst> AddDoorbell(ref RecordReader choices)
    {
        var from = choices.OneIn(2) ? NameOf(ref choices) : null;
        var bell = choices.OneIn(24) ? null! : parts.Doorbells[choices.Below(parts.Doorbells.Length)];
        return Spec with { Doorbells = Spec.Doorbells.Add(new DoorbellSpec(from, NameOf(ref choices), bell)) };
    }

    private StageGraphSpec<TestBurst> Insert(ref RecordReader choices)
    {
        if (Spec.Edges.IsEmpty || Spec.Stages.Length >= MostStages) return Spec;
        var edge = Spec.Edges[choices.Below(Spec.Edges.Length)];
        return Spec.InsertAfter(edge.From, parts.Stage($"s{_named++}", StageRole.Pass), choices.OneIn(12) ? "out" : edge.Port);
    }

    private StageGraphSpec<TestBurst> ChangeStage(ref RecordReader choices)
    {
        if (Spec.Stages.IsEmpty) return Spec;
        var at = choices.Below(Spec.Stages.Length);
        var stage = Spec.Stages[at];
        stage = choices.Below(4) switch
        {
            0 => stage with { Hop = choices.OneIn(4) ? null : (HopPolicy)choices.Below(3) },
            1 => stage with { Shard = choices.Below(2) },
            2 => stage with { Capacity = choices.Below(5) },
            _ => stage with { Name = NameOf(ref choices) },
        };
        return Spec with { Stages = Spec.Stages.SetItem(at, stage) };
    }

    private StageGraphSpec<TestBurst> ChangeEdge(ref RecordReader choices)
    {
        if (Spec.Edges.IsEmpty) return Spec;
        var at = choices.Below(Spec.Edges.Length);
        var edge = Spec.Edges[at];
        edge = choices.Below(3) switch
        {
            0 => edge with { Capacity = choices.Below(6) },
            1 => edge with { To = NameOf(ref choices) },
            _ => edge with { From = NameOf(ref choices) },
        };
        return Spec with { Edges = Spec.Edges.SetItem(at, edge) };
    }

    private StageGraphSpec<TestBurst> ChangeWhole(ref RecordReader choices) => choices.Below(8) switch
    {
        0 => Spec with { Name = " " },
        1 => Spec with { Stages = [.. Spec.Stages.Reverse()] },
        2 => Spec with { Edges = [.. Spec.Edges.Reverse()] },
        3 when choices.OneIn(4) => Spec with { Edges = default, Doorbells = default },
        3 => Spec with { Hop = (HopPolicy)choices.Below(3), Stages = [.. Spec.Stages.Select(stage => stage with { Hop = null })] },
        _ => Spec with { Name = "drawing", Hop = (HopPolicy)choices.Below(3) },
    };

    private StageSpec<TestBurst>? Any(ref RecordReader choices) =>
        Spec.Stages.IsEmpty || choices.OneIn(24) ? null : Spec.Stages[choices.Below(Spec.Stages.Length)];

    private string NameOf(ref RecordReader choices) => Any(ref choices)?.Name ?? "ghost";
}
