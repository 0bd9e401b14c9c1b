using System.Text.Json;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Graphs;

public sealed class DescriptorTests
{
    [Fact]
    public void It_shows_what_has_passed_what_waits_and_what_was_dropped()
    {
        using var world = Play(out SampleGraph sample);
        StageGraphDescriptor graph = world.Graph.Describe();
        Assert.Equal(("sample", "Inline", 1L, StageGraphState.Running), (graph.Name, graph.Preset, graph.Revision, graph.State));
        StageDescriptor split = graph.Stages.Single(s => s.Name == "split");
        Assert.Equal((120L, 30L, "TestStage"), (split.ConsumedItems, split.ConsumedBursts, split.Type));
        Assert.Equal(30, split.BurstSizes.Sum());
        EdgeDescriptor tail = graph.Edges.Single(e => e.From == "tail");
        Assert.Equal(tail.ProducedItems, tail.ConsumedItems + tail.QueuedItems);
        Assert.True(tail.QueuedBursts > 0);
        EdgeDescriptor low = graph.Edges.Single(e => e.Port == "low");
        Assert.Equal(("split", "left", 20L), (low.From, low.To, low.ConsumedBursts));
        Assert.True(low.ItemsPerSecond > 0);
        DoorbellDescriptor owed = graph.Doorbells.Single(b => b.From == "right");
        Assert.Equal(("answer", 10L), (owed.To, owed.Rung));
        Assert.NotEmpty(sample.LeftSink.Arrived);
    }

    [Fact]
    public void Mermaid_names_every_stage_edge_and_doorbell()
    {
        using var world = Play(out _);
        string text = world.Graph.Describe().ToMermaid();
        Assert.StartsWith("flowchart LR\n", text, StringComparison.Ordinal);
        Assert.Contains("    s_split[\"split\"]\n", text, StringComparison.Ordinal);
        Assert.Contains("    s_split -->|\"low: 80 in 20\"| s_left\n", text, StringComparison.Ordinal);
        Assert.Contains("    outside_s_source((\"outside\")) ==>|\"doorbell 30\"| s_source\n", text, StringComparison.Ordinal);
        Assert.Contains("    s_right ==>|\"doorbell 10\"| s_answer\n", text, StringComparison.Ordinal);
        Assert.Contains(" queued\"| s_tail_sink", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Dot_names_every_stage_edge_and_doorbell()
    {
        using var world = Play(out _);
        world.Graph.EdgeFrom("split", "low").Gate.Close();
        string text = world.Graph.Describe().ToDot();
        Assert.StartsWith("digraph \"sample\" {\n", text, StringComparison.Ordinal);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.Contains("    \"split\" -> \"left\" [label=\"low: 80 in 20\", color=red];\n", text, StringComparison.Ordinal);
        Assert.Contains("    \"right\" -> \"answer\" [label=\"doorbell 10\", style=bold];\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_complete_and_its_names_are_stable()
    {
        using var world = Play(out _);
        using JsonDocument json = JsonDocument.Parse(world.Graph.Describe().ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal(["name", "preset", "revision", "state", "stages", "edges", "doorbells"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            [
                "name", "type", "shard", "hop", "consumed", "produced", "created", "ended", "dropped", "drops", "faults",
                "busySeconds", "blockedSeconds", "burstSizes",
            ],
            root.GetProperty("stages")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            [
                "from", "port", "to", "toPort", "capacity", "produced", "consumed", "queued", "refusedOffers", "dropped", "gateClosed",
                "itemsPerSecond",
            ],
            root.GetProperty("edges")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal("running", root.GetProperty("state").GetString());
        Assert.Equal(120, root.GetProperty("edges")[0].GetProperty("consumed").GetProperty("items").GetInt64());
        Assert.Equal(9, root.GetProperty("stages").GetArrayLength());
    }

    private static SeededWorld<TestBurst> Play(out SampleGraph sample)
    {
        sample = new SampleGraph();
        var world = new SeededWorld<TestBurst>(sample.Spec, 4);
        sample.TailSink.Block();
        for (int i = 0; i < 30; i++)
        {
            sample.Requests.Ring(4);
            sample.Direct.Ring(1);
        }

        world.Run();
        return world;
    }
}
