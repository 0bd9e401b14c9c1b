using System.CommandLine;
using System.Net.Sockets;
using RdmaPipeline.Cli.Control;
using RdmaPipeline.Hosting.Control;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>--attach PID</c>, of every command that looks into another process.</summary>
public static class AttachOption
{
    public static Option<int?> Instance { get; } = new Option<int?>("--attach", "-a")
    {
        HelpName = "PID",
        Description = "The process to look into, as 'rdmapipe ps' lists it (default: the only one).",
    }.Between(1, int.MaxValue);

    /// <summary>Connects to the process that is meant.</summary>
    public static async Task<ControlClient> ConnectAsync(ParseResult arguments, CancellationToken cancellation)
    {
        if (arguments.GetValue(Instance) is { } asked)
            return await ConnectAsync(asked, cancellation).ConfigureAwait(false);
        var running = await ControlClient.ListAsync(cancellation).ConfigureAwait(false);
        return running.Count == 1
            ? await ControlClient.ConnectAsync(running[0].ProcessId, cancellation).ConfigureAwait(false)
            : throw new CliException(running.Count == 0
                ? $"no process of yours can be looked into: start one with {ControlDirectory.Variable}=1"
                : $"--attach one of {string.Join(", ", running.Select(process => $"{process.ProcessId} ({process.Name})"))}");
    }

    private static async Task<ControlClient> ConnectAsync(int process, CancellationToken cancellation)
    {
        try
        {
            return await ControlClient.ConnectAsync(process, cancellation).ConfigureAwait(false);
        }
        catch (IOException fault) when (fault.InnerException is SocketException)
        {
            throw new CliException(OwnProcesses.Has(process)
                ? $"--attach {process}: the process has no control socket: it has to be started with {ControlDirectory.Variable}=1"
                : $"--attach {process}: you have no such process; 'rdmapipe ps' lists those that can be looked into");
        }
    }
}
