using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using RdmaPipeline.Cli.Export;

namespace RdmaPipeline.Cli.Commands;

/// <summary>The tool: its subcommands, <c>--help</c> and <c>--version</c>.</summary>
public static class RdmapipeCommand
{
    /// <summary>Runs the tool; the exit code. A wrong command line is one line for each fault.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where faults go.</param>
    /// <param name="cancellation">Ends the command as an interrupt from the terminal does.</param>
    public static async Task<int> RunAsync(
        string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        var parsed = Create().Parse(arguments);
        var configuration = new InvocationConfiguration { Output = output, Error = error };
        if (parsed.Errors.Count == 0 || arguments.Length == 0)
            return await ExportAsync(parsed, configuration, cancellation).ConfigureAwait(false);
        foreach (var fault in parsed.Errors) error.WriteLine($"rdmapipe: {fault.Message.ReplaceLineEndings(" ")}");
        error.WriteLine($"Try '{Path(parsed.CommandResult)} --help'.");
        return 1;
    }

    // Any command's telemetry goes to a collector when the environment names one.
    private static async Task<int> ExportAsync(ParseResult parsed, InvocationConfiguration configuration, CancellationToken cancellation)
    {
        var error = configuration.Error;
        try
        {
            var settings = ExportSettings.Read(Environment.GetEnvironmentVariable, fault => error.WriteLine($"rdmapipe: {fault}"));
            TracedDevices.Follow(settings);
            using var export = settings.IsOn ? Start(settings, error) : null;
            return await parsed.InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (CliException fault)
        {
            error.WriteLine($"rdmapipe: {fault.Message}");
            return 1;
        }
    }

    // Apart, so that the assemblies of OpenTelemetry are not even looked for by a run that exports nothing.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IDisposable Start(ExportSettings settings, TextWriter error) => new TelemetryExport(settings, error);

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : "rdmapipe";

    private static RootCommand Create() =>
        new("InfiniBand and RoCE transport in user space, as a live graph of dataflow stages.")
        {
            DemoCommand.Create(),
            PingPongCommand.Create(),
            DecodeCommand.Create(),
            ExplainCommand.Create(),
            GraphCommand.Create(),
            DevicesCommand.Create(),
            SoakCommand.Create(),
            PsCommand.Create(),
            StatCommand.Create(),
            TopCommand.Create(),
            TapCommand.Create(),
        };
}
