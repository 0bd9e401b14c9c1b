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
        AssertError("There is no stage 'x' to be removed; the graph has source, ", s => s.Remove("x"));
        AssertError("no stage 'x' to be replaced", s => s.Replace("x", () => new TestStage("x")));
        AssertError("no stage 'x' to be resized to 3", s => s.Resize("x", 3));
        AssertError("'x.out' cannot be led to 'tail.in': no edge starts there", s => s.Reroute("x", "tail"));
        AssertError("'y' cannot be inserted: there is no edge from 'split.out'", s => s.Insert("y", () => new TestStage("y"), "split"));
        AssertError("'split' cannot be removed: it has 2 outputs, of which 2 lead somewhere", s => s.Remove("split"));
        AssertError("'left_sink' cannot be removed: it has 0 outputs", s => s.Remove("left_sink"));
    }

    [Fact]
    public void All_that_is_wrong_with_a_row_of_edits_is_told_together()
    {
        using var world = new SeededWorld<TestBurst>(s_spec, 1);
        Task<GraphRevision> asked = world.Graph.ReconfigureAsync(
            s => s.Remove("x").Resize("left", 0).Resize("y", 3).Insert("z", () => new TestStage("z"), "tail"));
        var refused = Assert.IsType<StageGraphException>(Assert.Single(asked.Exception!.InnerExceptions));
        Assert.Collection(
            refused.Errors,
            error => Assert.Contains("no stage 'x' to be removed", error, StringComparison.Ordinal),
            error => Assert.Contains("no stage 'y' to be resized to 3", error, StringComparison.Ordinal),
            error => Assert.Contains("Stage 'left' has capacity 0", error, StringComparison.Ordinal),
            error => Assert.Contains("has capacity 0", error, StringComparison.Ordinal));
        Assert.Equal((s_spec, ReconfigurationOutcome.Rejected), (world.Graph.Spec, world.Graph.Revisions[^1].Outcome));
        var options = StageGraphOptions.On(new ShardScheduler());
        var notBuilt = Assert.Throws<StageGraphException>(() => StageGraph<TestBurst>.Build(s_spec.Remove("x"), options));
        Assert.Contains("no stage 'x'", Assert.Single(notBuilt.Errors), StringComparison.Ordinal);
    }

    private static void AssertError(string words, Func<StageGraphSpec<TestBurst>, StageGraphSpec<TestBurst>> edit)
    {
        StageGraphSpec<TestBurst> edited = edit(s_spec);
        Assert.Contains(words, Assert.Single(edited.EditErrors), StringComparison.Ordinal);
        Assert.Equal(s_spec, edited with { EditErrors = s_spec.EditErrors });
        Assert.Equal(edited.EditErrors.AsEnumerable(), StageGraphValidator.Validate(edited).AsEnumerable());
    }
}
