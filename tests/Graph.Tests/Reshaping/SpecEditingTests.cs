using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>Edits of a description, and what leads from one to another, in words.</summary>
public sealed class SpecEditingTests
{
    private static readonly StageGraphSpec<TestBurst> s_spec = new SampleGraph(capacity: 4).Spec;

    [Fact]
    public void A_stage_is_inserted_on_the_shard_of_what_it_stands_behind()
    {
        StageGraphSpec<TestBurst> spec = new SampleGraph().SpecOnTwoShards;
        StageGraphSpec<TestBurst> wanted = spec.Insert("tap", () => new TestStage("tap"), "split", "low");
        Assert.Equal((0, 1), (wanted.Find("tap")!.Shard, wanted.Find("left")!.Shard));
        StageGraphSpec<TestBurst> back = spec.Reroute("left", "tail", toPort: "direct").Insert("tap", () => new TestStage("tap"), "left");
        Assert.Equal((1, 0), (back.Find("tap")!.Shard, back.Find("tail")!.Shard));
        Assert.Equal(
            "add tap; unlink split.low → left.in; link split.low → tap.in, tap.out → left.in",
            StageGraphDiff.Between(spec, wanted).ToString());
    }

    [Fact]
    public void To_insert_and_remove_is_to_change_nothing()
    {
        StageGraphSpec<TestBurst> same = s_spec.Insert("tap", () => new TestStage("tap"), "source").Remove("tap");
        Assert.Equal(s_spec.Edges.OrderBy(e => e.From), same.Edges.OrderBy(e => e.From));
        StageGraphDiff diff = StageGraphDiff.Between(s_spec, same);
        Assert.True(diff.IsEmpty);
        Assert.Equal("nothing", diff.ToString());
    }

    [Fact]
    public void A_stage_with_two_inputs_can_be_taken_out()
    {
        StageGraphSpec<TestBurst> wanted = s_spec.Remove("tail");
        Assert.Contains(wanted.Edges, e => e is { From: "answer", To: "tail_sink", ToPort: "in" });
        Assert.Contains(wanted.Edges, e => e is { From: "injector", To: "tail_sink", ToPort: "in" });
        Assert.Empty(StageGraphValidator.Validate(wanted));
    }

    [Fact]
    public void Replaced_resized_and_rerouted()
    {
        StageGraphSpec<TestBurst> wanted = s_spec.Replace("left", () => new TestStage("left")).Resize("tail", 9)
            .Reroute("left", "tail", toPort: "direct");
        Assert.Equal(
            "replace left; unlink left.out → left_sink.in; link left.out → tail.direct;"
                + " resize answer.out → tail.answers to 9, injector.out → tail.direct to 9",
            StageGraphDiff.Between(s_spec, wanted).ToString());
    }

    [Fact]
    public void Another_hop_moves_the_stages_that_have_none_of_their_own()
    {
        StageGraphSpec<TestBurst> own = s_spec with
        {
            Stages = s_spec.Stages.Replace(s_spec.Find("left")!, s_spec.Find("left")! with { Hop = HopPolicy.Inline }),
        };
        StageGraphDiff diff = StageGraphDiff.Between(own, own with { Hop = HopPolicy.Queued, Preset = "Queued" });
        Assert.Equal(own.Stages.Select(s => s.Name).Where(n => n != "left"), diff.MovedStages);
        Assert.Equal("Queued", diff.Preset);
        Assert.Empty(diff.AddedEdges);
    }

    [Fact]
    public void A_driver_and_a_doorbell_are_part_of_it()
    {
        StageGraphSpec<TestBurst> driven = s_spec.Drive(0, ShardDriverKind.Hybrid);
        StageGraphSpec<TestBurst> wanted = driven.Drive(0, ShardDriverKind.Polling) with
        {
            Doorbells = driven.Doorbells.RemoveAt(0).Add(new DoorbellSpec("right", "source", driven.Doorbells[0].Doorbell)),
        };
        Assert.Equal(
            "unlink outside ⇒ source; link right ⇒ source; drive shard 0 Polling", StageGraphDiff.Between(driven, wanted).ToString());
    }

    [Fact]
    public void What_is_not_there_cannot_be_edited()
    {
        Assert.Contains("no stage 'x'", Throws(s => s.Remove("x")), StringComparison.Ordinal);
        Assert.Contains("no stage 'x'", Throws(s => s.Replace("x", () => new TestStage("x"))), StringComparison.Ordinal);
        Assert.Contains("no stage 'x'", Throws(s => s.Resize("x", 3)), StringComparison.Ordinal);
        Assert.Contains("no edge from 'x.out'", Throws(s => s.Reroute("x", "tail")), StringComparison.Ordinal);
        string byDefault = Throws(s => s.Insert("y", () => new TestStage("y"), "split"));
        Assert.Contains("no edge from 'split.out'", byDefault, StringComparison.Ordinal);
        Assert.Contains("'split' of graph 'sample' has 2 outputs", Throws(s => s.Remove("split")), StringComparison.Ordinal);
        Assert.Contains("'left_sink' of graph 'sample' has 0 outputs", Throws(s => s.Remove("left_sink")), StringComparison.Ordinal);
    }

    private static string Throws(Func<StageGraphSpec<TestBurst>, StageGraphSpec<TestBurst>> edit) =>
        Assert.Throws<ArgumentException>(() => edit(s_spec)).Message;
}
