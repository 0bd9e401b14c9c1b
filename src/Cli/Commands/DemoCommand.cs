using System.CommandLine;
using System.Text.Json;
using RdmaPipeline.Cli.Control;
using RdmaPipeline.Cli.Demo;
using RdmaPipeline.Testing.Traces;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe demo</c>: two devices in this process execute every operation of a reliable connection.</summary>
public static class DemoCommand
{
    private static readonly Option<bool> s_json = new("--json")
    {
        Description = "Print {operations: [{name, size, count, bytes, verified}], "
            + "edges: [{from, to, items, bursts, dropped, itemsPerSecond}]}; "
            + "the edges are those of both devices' graphs, summed.",
    };

    private static readonly Option<PipelinePreset> s_preset =
        ChoiceOption.Create("--preset", PipelinePreset.Staged, "How the stages are joined.");

    private static readonly Option<string?> s_trace = new("--trace")
    {
        Description = "Write the spans of sampled and failed work requests to this file, for 'rdmapipe explain': OTLP in JSON, "
            + "one request a line.",
    };

    public static Command Create()
    {
        var command = new Command("demo", "Run every operation of a reliable connection between two devices in memory; verify each byte.")
        {
            s_json, s_preset, s_trace, StatOption.Instance, ControlOption.Instance,
        };
        command.Runs((arguments, cancellation) =>
        {
            var output = arguments.InvocationConfiguration.Output;
            using var trace = arguments.GetValue(s_trace) is { } file ? new TraceFile(file) : null;
            var program = new DemoProgram(arguments.GetValue(s_preset), arguments.GetValue(StatOption.Instance));
            DemoReport report;
            if (arguments.GetValue(s_json))
            {
                report = program.Run((_, _) => { }, cancellation);
                output.WriteLine(JsonSerializer.Serialize(report, CliJson.Options));
            }
            else
            {
                var view = new DemoView(TextConsole.Create(output));
                report = view.Watch(program, cancellation);
                view.Show(report);
                StatOption.Print(output, report.Stat);
            }

            return Task.FromResult(report.Operations.All(o => o.Verified) ? 0 : 1);
        });
        return command;
    }
}
