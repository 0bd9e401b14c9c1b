using System.CommandLine;
using RdmaPipeline.Hosting.Control;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>--attach PID</c>, of every command that looks into another process.</summary>
public static class AttachOption
{
    public static Option<int?> Instance { get; } = new("--attach", "-a")
    {
        HelpName = "PID",
        Description = "The process to look into, as 'rdmapipe ps' lists it (default: the only one).",
    };

    /// <summary>Connects to the process that is meant.</summary>
    public static async Task<ControlClient> ConnectAsync(ParseResult arguments, CancellationToken cancellation)
    {
        if (arguments.GetValue(Instance) is { } asked)
            return await ControlClient.ConnectAsync(asked, cancellation).ConfigureAwait(false);
        var running = await ControlClient.ListAsync(cancellation).ConfigureAwait(false);
        return running.Count == 1
            ? await ControlClient.ConnectAsync(running[0].ProcessId, cancellation).ConfigureAwait(false)
            : throw new CliException(running.Count == 0
                ? $"no process of yours can be looked into: start one with {ControlDirectory.Variable}=1"
                : $"--attach one of {string.Join(", ", running.Select(process => $"{process.ProcessId} ({process.Name})"))}");
    }
}
