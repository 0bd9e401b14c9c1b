using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>The stages and doorbells that drawings are made of.</summary>
internal sealed class GraphParts
{
    /// <summary>Tokens that a doorbell holds.</summary>
    public const int Tokens = 64;

    /// <summary>Bursts that a stage holds.</summary>
    public int Capacity { get; set; } = 1;

    /// <summary>The doorbells; they outlive the graphs that use them.</summary>
    public Doorbell[] Doorbells { get; } = [new(Tokens), new(Tokens), new(Tokens)];

    /// <summary>The sinks of the graph that was built last.</summary>
    public List<TestSink> Sinks { get; } = [];

    /// <summary>Which doorbells a stage rings with each burst: those that the description says.</summary>
    public ILookup<string, Doorbell> RungBy { get; set; } = Array.Empty<Doorbell>().ToLookup(_ => "");

    /// <summary>Which doorbell feeds a pump.</summary>
    public ILookup<string, Doorbell> Feeding { get; set; } = Array.Empty<Doorbell>().ToLookup(_ => "");

    public StageSpec<TestBurst> Stage(string name, StageRole role)
    {
        var spec = new StageSpec<TestBurst> { Name = name, Factory = () => Make(name, role), Capacity = Capacity };
        return role switch
        {
            StageRole.Pump => spec with { Inputs = [] },
            StageRole.Sink => spec with { Outputs = [] },
            StageRole.Fork => spec with { Outputs = ["low", "high"] },
            StageRole.Join => spec with { Inputs = ["first", "second"] },
            _ => spec,
        };
    }

    private IStage<TestBurst> Make(string name, StageRole role)
    {
        switch (role)
        {
            case StageRole.Pump or StageRole.PumpWithInput:
                return new TestPump(name, Feeding[name].FirstOrDefault() ?? new Doorbell(1));
            case StageRole.Sink:
                var sink = new TestSink(name, _ => Ring(name)) { KeepsThem = false };
                Sinks.Add(sink);
                return sink;
            case StageRole.Fork:
                return new TestStage(name, (context, burst) => Pass(name, context, burst.Sequence % 3 == 0 ? 1 : 0, burst), "low", "high");
            default:
                return new TestStage(name, (context, burst) => Pass(name, context, 0, burst));
        }
    }

    private void Pass(string name, IStageContext<TestBurst> context, int port, TestBurst burst)
    {
        context.Emit(port, burst);
        Ring(name);
    }

    private void Ring(string name)
    {
        foreach (var bell in RungBy[name]) bell.Ring(1);
    }
}
