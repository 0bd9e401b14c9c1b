using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>The stages and doorbells that drawings are made of.</summary>
internal sealed class GraphParts
{
    /// <summary>Tokens that a doorbell holds.</summary>
    public const int Tokens = 64;

    private readonly HashSet<Func<IStage<TestBurst>>> _moody = [];
    private int _sequence;

    /// <summary>Bursts that a stage holds.</summary>
    public int Capacity { get; set; } = 1;

    /// <summary>The doorbells; they outlive the graphs that use them.</summary>
    public Doorbell[] Doorbells { get; } = [new(Tokens), new(Tokens), new(Tokens)];

    /// <summary>Where the bursts are.</summary>
    public BurstBook Book { get; } = new();

    /// <summary>The stages that were made and not disposed of, oldest first.</summary>
    public List<DrawnStage> Living { get; } = [];

    /// <summary>The sinks and limiters among them.</summary>
    public IReadOnlyList<DrawnGate> Gates => [.. Living.OfType<DrawnGate>()];

    private IEnumerable<DoorbellSpec> Bells => Book.Running()?.Doorbells ?? [];

    public int NextSequence() => _sequence++;

    /// <summary>Which doorbells a stage rings with each burst: those that the description says.</summary>
    public IEnumerable<Doorbell> RungBy(string name) => Bells.Where(bell => bell.From == name).Select(bell => bell.Doorbell);

    /// <summary>Which doorbells feed a pump.</summary>
    public IEnumerable<Doorbell> Feeding(string name) => Bells.Where(bell => bell.To == name).Select(bell => bell.Doorbell);

    public StageSpec<TestBurst> Stage(string name, StageRole role)
    {
        var spec = new StageSpec<TestBurst> { Name = name, Factory = Factory(name, role), Capacity = Capacity };
        return role switch
        {
            StageRole.Pump => spec with { Inputs = [] },
            StageRole.Sink => spec with { Outputs = [] },
            StageRole.Fork => spec with { Outputs = ["low", "high"] },
            StageRole.Join => spec with { Inputs = ["first", "second"] },
            _ => spec,
        };
    }

    /// <summary>Makes stages of a role under a name; no two factories are the same.</summary>
    public Func<IStage<TestBurst>> Factory(string name, StageRole role, HeirMood mood = HeirMood.Well)
    {
        Func<IStage<TestBurst>> factory = () => Make(name, role, mood);
        if (mood != HeirMood.Well) _moody.Add(factory);
        return factory;
    }

    /// <summary>Whether a description has stages that fail in a change.</summary>
    public bool HasMoody(StageGraphSpec<TestBurst>? spec) => spec?.Stages.Any(stage => _moody.Contains(stage.Factory)) == true;

    /// <summary>Every stage that was made is in the graph, or was disposed of.</summary>
    public void CheckNothingIsLeft(StageGraph<TestBurst>? graph)
    {
        var used = graph?.Stages.Select(host => host.Stage).ToHashSet() ?? [];
        var left = Living.Find(stage => !used.Contains(stage));
        if (left is not null) throw new FuzzFailureException($"a stage '{left.Name}' is not in the graph, and not disposed of");
        if (used.Count != Living.Count) throw new FuzzFailureException("a stage of the graph is disposed of");
    }

    private DrawnStage Make(string name, StageRole role, HeirMood mood)
    {
        DrawnStage stage = role switch
        {
            StageRole.Pump or StageRole.PumpWithInput => new DrawnPump(this, name),
            StageRole.Sink => new DrawnGate(this, name, isSink: true),
            StageRole.Limiter => new DrawnGate(this, name, isSink: false),
            StageRole.Holder => new DrawnHolder(this, name),
            StageRole.Heir => new DrawnHeir(this, name, mood),
            StageRole.Fork => new DrawnStage(this, name, "low", "high"),
            _ => new DrawnStage(this, name, "out"),
        };
        Living.Add(stage);
        return stage;
    }
}
