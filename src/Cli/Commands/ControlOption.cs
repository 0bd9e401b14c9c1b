using System.CommandLine;
using System.Net.Sockets;
using RdmaPipeline.Hosting.Control;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>--control</c>, or RDMAPIPE_CONTROL=1: others may look into this run of the tool.</summary>
public static class ControlOption
{
    public static Option<bool> Instance { get; } = new("--control")
    {
        Description = $"Let 'rdmapipe top' and the like of the same user look into this process (also {ControlDirectory.Variable}=1).",
    };

    /// <summary>Opens the control socket if it is asked for; where the variable alone asks, the command runs without it too.</summary>
    public static ControlServer? Start(ParseResult arguments)
    {
        var isAskedFor = arguments.GetResult(Instance) is not null && arguments.GetValue(Instance);
        if (!isAskedFor && !ControlDirectory.IsAskedFor) return null;
        try
        {
            return ControlServer.Start();
        }
        catch (Exception fault) when (!isAskedFor && fault is IOException or UnauthorizedAccessException or SocketException
                                          or InvalidOperationException)
        {
            arguments.InvocationConfiguration.Error.WriteLine($"rdmapipe: there is no control socket: {fault.Message}");
            return null;
        }
    }
}
