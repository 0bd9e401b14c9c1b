using System.Text.Json.Nodes;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary><c>rdmapipe graph</c>.</summary>
public sealed class GraphTests
{
    private static readonly string[] s_stages =
        ["receive", "decode", "dispatch", "requester", "completer", "responder", "ack_generator", "encode", "send"];

    [Theory]
    [InlineData("mermaid", "flowchart")]
    [InlineData("dot", "digraph")]
    [InlineData("json", "{")]
    public void EveryFormatShowsEveryStage(string format, string begins)
    {
        var run = Rdmapipe.Run("graph", "--format", format).Expect();
        Assert.StartsWith(begins, run.Output.TrimStart());
        Assert.All(s_stages, stage => Assert.Contains(stage, run.Output));
    }

    [Theory]
    [InlineData("staged")]
    [InlineData("queued")]
    [InlineData("fused")]
    [InlineData("polling")]
    [InlineData("simulated")]
    public void EveryPresetCanBePrinted(string preset)
    {
        var graph = JsonNode.Parse(Rdmapipe.Run("graph", "--format", "json", "--preset", preset).Expect().Output)!.AsObject();
        Assert.NotEmpty(graph["edges"]!.AsArray());
        Assert.NotEmpty(graph["stages"]!.AsArray());
    }
}
