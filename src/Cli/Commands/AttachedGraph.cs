using System.CommandLine;
using System.Text.Json;
using RdmaPipeline.Cli.Control;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe graph --attach PID</c>: the graphs of a running process with the rates of half a second.</summary>
public static class AttachedGraph
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    public static async Task<int> PrintAsync(ParseResult arguments, GraphFormat format, string? name, CancellationToken cancellation)
    {
        await using var client = await AttachOption.ConnectAsync(arguments, cancellation).ConfigureAwait(false);
        await client.SnapshotAsync(cancellation).ConfigureAwait(false);
        using var clock = new PeriodicTimer(s_interval);
        await clock.WaitForNextTickAsync(cancellation).ConfigureAwait(false);
        var snapshot = await client.SnapshotAsync(cancellation).ConfigureAwait(false);
        var devices = snapshot.Devices.Where(device => name is null || device.Name == name || device.Service == name).ToList();
        if (devices.Count == 0)
            throw new CliException($"-d {name}: the process has {string.Join(", ", snapshot.Devices.Select(device => device.Name))}");
        var output = arguments.InvocationConfiguration.Output;
        foreach (var device in devices) output.WriteLine(TextOf(device.Graph, format));
        return 0;
    }

    private static string TextOf(GraphSnapshot graph, GraphFormat format) => format switch
    {
        GraphFormat.Mermaid => LiveGraph.ToMermaid(graph),
        GraphFormat.Dot => LiveGraph.ToDot(graph),
        _ => JsonSerializer.Serialize(graph, CliJson.Options),
    };
}
