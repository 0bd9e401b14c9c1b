using System.Collections.Immutable;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;
using SpecEdit = System.Func<
    RdmaPipeline.Graph.StageGraphSpec<RdmaPipeline.Backends.Packets.PacketBurst>,
    RdmaPipeline.Graph.StageGraphSpec<RdmaPipeline.Backends.Packets.PacketBurst>>;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>
/// Descriptions that no device's graph can be changed to, one for each rule that says so, with words of the refusal. They are made out of
/// whatever the graph is at the time.
/// </summary>
internal static class InvalidEdits
{
    private const int NoShard = 99;
    private const string Nowhere = "nowhere";

    /// <summary>All of them.</summary>
    public static ImmutableArray<(string Words, SpecEdit Edit)> All { get; } =
    [
        .. OfNothing, .. OfStages, .. OfEdges, .. OfDoorbells, .. OfShards, .. OfTheOwner, .. OfWhatIsMade,
    ];

    private static IEnumerable<(string Words, SpecEdit Edit)> OfNothing =>
    [
        ("Of the stages of the description 1 are null", s => s with { Stages = s.Stages.Add(null!) }),
        ("Of the edges of the description 1 are null", s => s with { Edges = s.Edges.Add(null!) }),
        ("Of the doorbells of the description 1 are null", s => s with { Doorbells = s.Doorbells.Add(null!) }),
        ("The graph has no name", s => s with { Name = " " }),
        ("The graph has no stages", s => s with { Stages = [] }),
    ];

    private static IEnumerable<(string Words, SpecEdit Edit)> OfStages =>
    [
        ("Two stages are named 'decode'", s => s with { Stages = s.Stages.Add(s.Find(StageNames.Decode)!) }),
        ("A stage has no name", s => With(s, StageNames.Decode, stage => stage with { Name = "" })),
        ("Stage 'decode' has no factory", s => With(s, StageNames.Decode, stage => stage with { Factory = null! })),
        ("Stage 'decode' has capacity 0", s => s.Resize(StageNames.Decode, 0)),
        ("Stage 'decode' has capacity 4097", s => s.Resize(StageNames.Decode, 4097)),
        ("no stage 'nowhere' to be removed", s => s.Remove(Nowhere)),
        ("There is no stage 'nowhere' to insert one at", s => s.InsertAfter(Nowhere, _ => new PassingStage(Nowhere))),
        ("no preset 99", s => s.WithPreset((PipelinePreset)99)),
        ("Stage 'decode' names its port 'out' twice", s => With(s, StageNames.Decode, stage => stage with { Outputs = ["out", "out"] })),
        ("Bursts of the graph hop 9", s => s with { Hop = (HopPolicy)9 }),
        ("Bursts hop into stage 'decode' by 9", s => With(s, StageNames.Decode, stage => stage with { Hop = (HopPolicy)9 })),
    ];

    private static IEnumerable<(string Words, SpecEdit Edit)> OfEdges =>
    [
        ("has capacity -1", s => Edge(s, edge => edge with { Capacity = -1 })),
        ("starts at 'nowhere', which is no stage", s => Edge(s, edge => edge with { From = Nowhere })),
        ("starts at output 'nowhere', but 'receive' has", s => Edge(s, edge => edge with { Port = Nowhere })),
        ("ends at 'nowhere', which is no stage", s => Edge(s, edge => edge with { To = Nowhere })),
        ("ends at input 'nowhere', but", s => Edge(s, edge => edge with { ToPort = Nowhere })),
        ("Output 'out' of 'receive' leads nowhere", s => s with { Edges = s.Edges.Remove(First(s)) }),
        ("Output 'out' of 'receive' leads to 2 places", s => s with { Edges = s.Edges.Add(First(s) with { To = StageNames.Send }) }),
        ("Nothing leads to input 'in' of 'lonely'", s => s with { Stages = s.Stages.Add(Passing("lonely")) }),
        ("The data edges form a cycle", s => Circle(s)),
    ];

    private static IEnumerable<(string Words, SpecEdit Edit)> OfDoorbells =>
    [
        ("The doorbell of 'receive' is null", s => Bell(s, new DoorbellSpec(null, StageNames.Receive, null!))),
        ("A doorbell is rung by 'nowhere', which is no stage", s => Bell(
            s, new DoorbellSpec(Nowhere, StageNames.Receive, new Doorbell(1)))),
        ("A doorbell wakes 'nowhere', which is no stage", s => Bell(s, new DoorbellSpec(null, Nowhere, new Doorbell(1)))),
        ("One doorbell wakes several stages", s => Bell(s, new DoorbellSpec(null, StageNames.Receive, s.Doorbells[0].Doorbell))),
        ("Data and doorbell edges form a cycle", s => Bell(s, new DoorbellSpec(StageNames.Decode, StageNames.Receive, new Doorbell(1)))),
    ];

    private static IEnumerable<(string Words, SpecEdit Edit)> OfShards =>
    [
        ("Shard 99 has no scheduler", s => With(s, StageNames.Decode, stage => stage with { Shard = NoShard })),
        ("The driver of shard 0 is 9", s => s.Drive(0, (ShardDriverKind)9)),
        ("The driver of shard 99 is not the graph's", s => s.Drive(NoShard, ShardDriverKind.Hybrid)),
        ("Shard 0 would have no driver any more", s => s with { Drivers = s.Drivers.Remove(0) }),
        ("a seeded shard stays seeded, and no other becomes it", s => s.Drive(
            0, s.Drivers[0] == ShardDriverKind.Seeded ? ShardDriverKind.Hybrid : ShardDriverKind.Seeded)),
        ("a shard is fused as a whole", s => With(
            s with { Hop = HopPolicy.Fused }, StageNames.Decode, stage => stage with { Hop = HopPolicy.Queued })),
    ];

    private static IEnumerable<(string Words, SpecEdit Edit)> OfTheOwner =>
    [
        ("for its life; it cannot become 'other'", s => s with { Name = "other" }),
        ("Stage 'decode' is gone", s => s.Remove(StageNames.Decode)),
        ("Stage 'send' has moved to shard 1", s => With(s, StageNames.Send, stage => stage with { Shard = 1 })),
        ("Stage 'decode' has other ports", s => With(s, StageNames.Decode, stage => stage with { Inputs = ["in", "side"] })),
        ("is gone; the graph's owner rings it", s => s with { Doorbells = s.Doorbells.RemoveAt(0) }),
    ];

    private static IEnumerable<(string Words, SpecEdit Edit)> OfWhatIsMade =>
    [
        ("The factory of stage 'none' gave null", s => s.Insert("none", () => null!, StageNames.Receive)),
        ("Stage 'other' is described with outputs [out] but has []", s => s.Insert("other", () => new Sink(), StageNames.Receive)),
        ("Stages 'one' and 'two' are the same object", s => Twice(s)),
        ("Stage 'encode' has to be a EncodeStage", s => s.Replace(StageNames.Encode, () => new PassingStage(StageNames.Encode))),
        ("has no input, or has a doorbell, but is no pump", s => Bell(
            s.Insert("rung", () => new PassingStage("rung"), StageNames.Receive), new DoorbellSpec(null, "rung", new Doorbell(1)))),
    ];

    private static StageGraphSpec<PacketBurst> With(
        StageGraphSpec<PacketBurst> spec, string stage, Func<StageSpec<PacketBurst>, StageSpec<PacketBurst>> change)
    {
        var old = spec.Find(stage)!;
        return spec with { Stages = spec.Stages.Replace(old, change(old)) };
    }

    private static EdgeSpec First(StageGraphSpec<PacketBurst> spec) => spec.Edges.First(edge => edge.From == StageNames.Receive);

    private static StageGraphSpec<PacketBurst> Edge(StageGraphSpec<PacketBurst> spec, Func<EdgeSpec, EdgeSpec> change) =>
        spec with { Edges = spec.Edges.Replace(First(spec), change(First(spec))) };

    private static StageGraphSpec<PacketBurst> Bell(StageGraphSpec<PacketBurst> spec, DoorbellSpec bell) =>
        spec with { Doorbells = spec.Doorbells.Add(bell) };

    private static StageSpec<PacketBurst> Passing(string name) => new() { Name = name, Factory = () => new PassingStage(name) };

    private static StageGraphSpec<PacketBurst> Twice(StageGraphSpec<PacketBurst> spec)
    {
        var stage = new PassingStage("one");
        return spec.Insert("one", () => stage, StageNames.Receive).Insert("two", () => stage, StageNames.Decode);
    }

    private static StageGraphSpec<PacketBurst> Circle(StageGraphSpec<PacketBurst> spec) => spec with
    {
        Stages = spec.Stages.Add(Passing("one")).Add(Passing("two")),
        Edges = spec.Edges.Add(new EdgeSpec("one", "out", "two", "in", 1)).Add(new EdgeSpec("two", "out", "one", "in", 1)),
    };

    private sealed class Sink : IStage<PacketBurst>
    {
        public string Name => "other";

        public IReadOnlyList<string> Outputs => [];

        public void Attach(IStageContext<PacketBurst> context)
        {
            // Refused before.
        }

        public void Process(PacketBurst burst) => burst.Release();
    }
}
