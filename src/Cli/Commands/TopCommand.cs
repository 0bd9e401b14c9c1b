using System.CommandLine;
using System.Text.Json;
using RdmaPipeline.Cli.Control;
using RdmaPipeline.Hosting.Control;
using RdmaPipeline.Hosting.Snapshots;
using Spectre.Console;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe top</c>: a live table of the stages and edges of a running process.</summary>
public static class TopCommand
{
    private static readonly Option<double> s_interval = new Option<double>("--interval", "-i")
    {
        DefaultValueFactory = _ => 1, Description = "Seconds between two looks.",
    }.Between(0.1, 3600);

    private static readonly Option<bool> s_once = new("--once") { Description = "Look twice, print the second look, and end." };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print each look as one line of JSON, a whole snapshot." };

    public static Command Create()
    {
        var command = new Command("top", "Watch the stages and edges of a running process: rates, bursts, fill, blocked time, drops.")
        {
            AttachOption.Instance, s_interval, s_once, s_json,
        };
        command.Runs(async (arguments, cancellation) =>
        {
            await using var client = await AttachOption.ConnectAsync(arguments, cancellation).ConfigureAwait(false);
            await client.SnapshotAsync(cancellation).ConfigureAwait(false);
            using var clock = new PeriodicTimer(TimeSpan.FromSeconds(arguments.GetValue(s_interval)));
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(s_json)) await PrintAsync(client, clock, arguments, output, cancellation).ConfigureAwait(false);
            else await ShowAsync(client, clock, arguments, TextConsole.Create(output), cancellation).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task PrintAsync(
        ControlClient client, PeriodicTimer clock, ParseResult arguments, TextWriter output, CancellationToken cancellation)
    {
        do
        {
            var snapshot = await NextAsync(client, clock, cancellation).ConfigureAwait(false);
            output.WriteLine(JsonSerializer.Serialize(snapshot, SnapshotJson.Default.PipelineSnapshot));
        }
        while (!arguments.GetValue(s_once));
    }

    private static async Task ShowAsync(
        ControlClient client, PeriodicTimer clock, ParseResult arguments, IAnsiConsole console, CancellationToken cancellation)
    {
        var first = await NextAsync(client, clock, cancellation).ConfigureAwait(false);
        if (arguments.GetValue(s_once))
        {
            console.Write(TopView.Of(first));
            return;
        }

        await console.Live(TopView.Of(first)).StartAsync(async live =>
        {
            while (true) live.UpdateTarget(TopView.Of(await NextAsync(client, clock, cancellation).ConfigureAwait(false)));
        }).ConfigureAwait(false);
    }

    private static async Task<PipelineSnapshot> NextAsync(ControlClient client, PeriodicTimer clock, CancellationToken cancellation)
    {
        await clock.WaitForNextTickAsync(cancellation).ConfigureAwait(false);
        return await client.SnapshotAsync(cancellation).ConfigureAwait(false);
    }
}
