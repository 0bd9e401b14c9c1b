using System.CommandLine;
using System.CommandLine.Parsing;
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
            + "the edges are those of both devices' graphs, summed. With --reshape "
            + "{edits, lost, reordered, pauseP50Ms, pauseP99Ms, revision}.",
    };

    private static readonly Option<bool> s_reshape = new("--reshape")
    {
        Description = "Run RC and UD both ways instead, and change the graphs meanwhile: stages, sizes, ways, presets, drivers.",
    };

    private static readonly Option<int> s_seconds = new Option<int>("--seconds")
    {
        Description = "With --reshape: for how long, 1 to 86400.", DefaultValueFactory = _ => 5,
    }.Between(1, 86_400);

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
            s_json, s_preset, s_trace, s_reshape, s_seconds, PageOption.Instance, StatOption.Instance, ControlOption.Instance,
        };
        foreach (var option in new Option[] { PageOption.Instance, ControlOption.Instance })
            command.Refuse(option, IsSimulated, "has nothing to show with --preset simulated: such devices move only when they are polled");
        command.Refuse(s_seconds, result => !result.GetValue(s_reshape), "has no meaning without --reshape");
        command.Runs(async (arguments, cancellation) =>
        {
            await using var page = await PageOption.StartAsync(arguments, cancellation).ConfigureAwait(false);
            // It computes without a pause: on a thread of its own it leaves those of the pool to the page.
            return await Task.Factory.StartNew(
                () => Run(arguments, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static bool IsSimulated(CommandResult result) => result.GetValue(s_preset) == PipelinePreset.Simulated;

    private static int Run(ParseResult arguments, CancellationToken cancellation)
    {
        var output = arguments.InvocationConfiguration.Output;
        using var trace = arguments.GetValue(s_trace) is { } file ? new TraceFile(file) : null;
        if (arguments.GetValue(s_reshape))
            return Reshape(arguments, output, cancellation);
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

        return report.Operations.All(o => o.Verified) ? 0 : 1;
    }

    private static int Reshape(ParseResult arguments, TextWriter output, CancellationToken cancellation)
    {
        var demo = new ReshapeDemo(
            arguments.GetValue(s_preset), TimeSpan.FromSeconds(arguments.GetValue(s_seconds)), arguments.GetValue(StatOption.Instance));
        var report = demo.Run(cancellation);
        output.WriteLine(arguments.GetValue(s_json)
            ? JsonSerializer.Serialize(report, CliJson.Options)
            : FormattableString.Invariant($"{report.Edits} changes under {demo.Messages} messages: {report.Lost} lost, ")
                + FormattableString.Invariant($"{report.Reordered} reordered; pause {report.PauseP50Ms} ms (median), ")
                + FormattableString.Invariant($"{report.PauseP99Ms} ms (99 in 100); now at revision {report.Revision}"));
        if (!arguments.GetValue(s_json)) StatOption.Print(output, report.Stat);
        foreach (var finding in demo.Findings)
            arguments.InvocationConfiguration.Error.WriteLine(finding);
        if (demo.Findings.Count != 0 || report is not { Lost: 0, Reordered: 0 })
            return 1;
        return cancellation.IsCancellationRequested ? CommandRunner.Interrupted : 0;
    }
}
