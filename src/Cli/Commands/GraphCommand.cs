using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.Json.Nodes;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe graph</c>: prints the graph of a device.</summary>
public static class GraphCommand
{
    private static readonly Option<GraphFormat> s_format = ChoiceOption.Create("--format", GraphFormat.Mermaid, "How to print the graph.");
    private static readonly Option<PipelinePreset> s_preset =
        ChoiceOption.Create("--preset", PipelinePreset.Staged, "How the stages are joined.");

    private static readonly Option<string> s_device = new("--device", "-d")
    {
        DefaultValueFactory = _ => "mem://graph/device",
        Description = "The device whose graph to print; with --attach its name (default: all).",
    };

    public static Command Create()
    {
        var command = new Command("graph", "Print the graph of stages through which a device's packets flow.")
        {
            s_format, s_preset, s_device, StatOption.Instance, AttachOption.Instance,
        };
        foreach (var option in new Option[] { s_preset, StatOption.Instance })
            command.Refuse(option, IsAttached, "has no meaning with --attach: it is of a device that the command opens");
        command.Runs((arguments, cancellation) =>
        {
            if (arguments.GetValue(AttachOption.Instance) is not null)
                return AttachedGraph.PrintAsync(arguments, arguments.GetValue(s_format), DeviceOf(arguments), cancellation);
            using var device = RdmaPipelineDevice.Open(arguments.GetValue(s_device)!, new() { Preset = arguments.GetValue(s_preset) });
            var statistics = arguments.GetValue(StatOption.Instance) ? DeviceStatistics.Of(device) : null;
            Print(arguments.InvocationConfiguration.Output, device.GetPipeline().Describe(), arguments.GetValue(s_format), statistics);
            return Task.FromResult(0);
        });
        return command;
    }

    private static bool IsAttached(CommandResult result) => result.IsGiven(AttachOption.Instance);

    private static string? DeviceOf(ParseResult arguments) =>
        arguments.GetResult(s_device) is { Implicit: false } ? arguments.GetValue(s_device) : null;

    // What a graph cannot hold stands in a comment of its language.
    private static void Print(
        TextWriter output, StageGraphDescriptor graph, GraphFormat format, IReadOnlyDictionary<string, DeviceStatistics>? statistics)
    {
        switch (format)
        {
            case GraphFormat.Mermaid:
                output.WriteLine(graph.ToMermaid());
                StatOption.Print(output, statistics, "%% ");
                break;
            case GraphFormat.Dot:
                output.WriteLine(graph.ToDot());
                StatOption.Print(output, statistics, "// ");
                break;
            default:
                var whole = JsonNode.Parse(graph.ToJson())!;
                if (statistics is not null) whole["stat"] = JsonSerializer.SerializeToNode(statistics, CliJson.Options);
                output.WriteLine(whole.ToJsonString(CliJson.Options));
                break;
        }
    }
}
