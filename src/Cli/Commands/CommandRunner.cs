using System.CommandLine;
using System.Net.Sockets;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Commands;

/// <summary>Runs the body of a command: what it returns is the exit code, and a failure is one clear line and exit code 1.</summary>
public static class CommandRunner
{
    /// <summary>The exit code of a command that was interrupted (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    /// <summary>Makes <paramref name="body"/> the action of a command.</summary>
    public static void Runs(this Command command, Func<ParseResult, CancellationToken, Task<int>> body) =>
        command.SetAction(async (arguments, cancellation) =>
        {
            try
            {
                await using var control = ControlOption.Start(arguments);
                return await body(arguments, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return Interrupted;
            }
            catch (Exception fault) when (fault is CliException or RdmaException or IOException or SocketException or ArgumentException
                                              or UnauthorizedAccessException)
            {
                arguments.InvocationConfiguration.Error.WriteLine($"rdmapipe: {OneLine(fault.Message)}");
                return 1;
            }
        });

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
