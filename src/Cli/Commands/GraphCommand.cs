using System.CommandLine;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe graph</c>: prints the graph of a device.</summary>
public static class GraphCommand
{
    private static readonly Option<GraphFormat> s_format = ChoiceOption.Create("--format", GraphFormat.Mermaid, "How to print the graph.");
    private static readonly Option<PipelinePreset> s_preset =
        ChoiceOption.Create("--preset", PipelinePreset.Staged, "How the stages are joined.");

    private static readonly Option<string> s_device = new("--device", "-d")
    {
        DefaultValueFactory = _ => "mem://graph/device", Description = "The device whose graph to print.",
    };

    public static Command Create()
    {
        var command = new Command("graph", "Print the graph of stages through which a device's packets flow.")
        {
            s_format, s_preset, s_device,
        };
        command.Runs((arguments, _) =>
        {
            using var device = RdmaPipelineDevice.Open(arguments.GetValue(s_device)!, new() { Preset = arguments.GetValue(s_preset) });
            var graph = device.GetPipeline().Describe();
            arguments.InvocationConfiguration.Output.WriteLine(arguments.GetValue(s_format) switch
            {
                GraphFormat.Mermaid => graph.ToMermaid(),
                GraphFormat.Dot => graph.ToDot(),
                _ => graph.ToJson(),
            });
            return Task.FromResult(0);
        });
        return command;
    }
}
