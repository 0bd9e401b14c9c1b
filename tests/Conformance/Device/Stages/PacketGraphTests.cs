using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>Stages of a user's own are put into a device's graph by name; what is wrong is said with what there is.</summary>
public class PacketGraphTests
{
    [Fact]
    public void SeveralStagesStandInTheOrderOfTheCalls()
    {
        var edges = Edges(1, graph => graph
            .Insert(StageNames.Decode, StageNames.Dispatch, _ => new Passing(), "first")
            .Insert(StageNames.Decode, StageNames.Dispatch, _ => new Passing(), "second")
            .InsertAfter(StageNames.Decode, _ => new Passing(), "zeroth")
            .InsertBefore(StageNames.Dispatch, _ => new Passing(), "third"));
        Assert.Equal(["decode", "zeroth", "first", "second", "third", "dispatch"], Way(edges, "decode", "dispatch"));
    }

    [Fact]
    public void AStageGoesByTheNameOfItsType() =>
        Assert.Equal(["receive", "two_words", "decode"],
            Way(Edges(1, graph => graph.InsertAfter(StageNames.Receive, _ => new TwoWordsStage())), "receive", "decode"));

    [Fact]
    public void EachShardGetsAnInstanceThatItRuns()
    {
        var made = new List<int>();
        Passing Make(int shard)
        {
            made.Add(shard);
            return new Passing();
        }
        using var device = Open(2, graph => graph
            .InsertAfter(StageNames.Encode, Make, "behind")
            .InsertBefore(StageNames.Dispatch, Make, "before")
            .Insert(StageNames.Requester, StageNames.Encode, Make, "between"));
        var stages = device.GetPipeline().Describe().Stages;
        Assert.All(["behind", "before", "between"], name =>
        {
            Assert.Equal(0, stages.Single(stage => stage.Name == name).Shard);
            Assert.Equal(1, stages.Single(stage => stage.Name == $"{name}.1").Shard);
        });
        Assert.Equal([0, 0, 0, 1, 1, 1], made.Order());
    }

    [Fact]
    public void OneShardCanBeMeantAlone() =>
        Assert.Equal(["route", "alone.1", "dispatch.1"],
            Way(Edges(2, graph => graph.InsertBefore("dispatch.1", _ => new Passing(), "alone")), "route", "dispatch.1"));

    [Fact]
    public void WhatIsWrongIsSaidWithWhatThereIs()
    {
        AssertRefused("no stage 'dekode' to insert one at; the graph has receive, decode, dispatch",
            g => g.InsertAfter("dekode", _ => new Passing()));
        AssertRefused("no edge from 'decode' to 'send' to insert a stage; from 'decode' lead decode.out → dispatch.in.",
            g => g.Insert(StageNames.Decode, StageNames.Send, _ => new Passing()));
        AssertRefused("several edges behind 'dispatch': dispatch.requests → responder.in, dispatch.responses → completer.in; name both",
            g => g.InsertAfter(StageNames.Dispatch, _ => new Passing()));
        AssertRefused("several edges in front of 'encode': requester.out → encode.in, ack_generator.out → encode.in; name both",
            g => g.InsertBefore(StageNames.Encode, _ => new Passing()));
        AssertRefused("no edge behind 'send'", g => g.InsertAfter(StageNames.Send, _ => new Passing()));
        AssertRefused("is a stage 'passing' already; give the new one another name",
            g => g.InsertAfter(StageNames.Decode, _ => new Passing()).InsertBefore(StageNames.Send, _ => new Passing()));
    }

    private static void AssertRefused(string message, Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> change) =>
        Assert.Contains(message, Assert.Throws<StageGraphException>(() => Edges(1, change)).Message, StringComparison.Ordinal);

    private static Verbs.RdmaDevice Open(int shards, Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> change) =>
        RdmaPipelineDevice.Open($"mem://graph-{Guid.NewGuid():n}/a", new DeviceOptions { ShardCount = shards, Graph = change });

    private static IReadOnlyList<EdgeDescriptor> Edges(int shards, Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> change)
    {
        using var device = Open(shards, change);
        return device.GetPipeline().Describe().Edges;
    }

    private static List<string> Way(IReadOnlyList<EdgeDescriptor> edges, string from, string to)
    {
        var way = new List<string> { to };
        while (way[0] != from)
            way.Insert(0, edges.Single(edge => edge.To == way[0]).From);
        return way;
    }

    private sealed class Passing : FilterStage
    {
        protected override DropReason Judge(PacketBurst burst, int index) => DropReason.None;
    }

    private sealed class TwoWordsStage : FilterStage
    {
        protected override DropReason Judge(PacketBurst burst, int index) => DropReason.None;
    }
}
