using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using RdmaPipeline.Cli.Export;

namespace RdmaPipeline.Cli.Commands;

/// <summary>The tool: its subcommands, <c>--help</c> and <c>--version</c>.</summary>
public static class RdmapipeCommand
{
    /// <summary>Runs the tool; the exit code. A wrong command line is one line for each fault.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var parsed = Create().Parse(arguments);
        var configuration = new InvocationConfiguration { Output = output, Error = error };
        if (parsed.Errors.Count == 0 || arguments.Length == 0) return await ExportAsync(parsed, configuration).ConfigureAwait(false);
        foreach (var fault in parsed.Errors) error.WriteLine($"rdmapipe: {fault.Message.ReplaceLineEndings(" ")}");
        error.WriteLine($"Try '{Path(parsed.CommandResult)} --help'.");
        return 1;
    }

    // Any command's telemetry goes to a collector when the environment names one.
    private static async Task<int> ExportAsync(ParseResult parsed, InvocationConfiguration configuration)
    {
        var error = configuration.Error;
        try
        {
            var settings = ExportSettings.Read(Environment.GetEnvironmentVariable, fault => error.WriteLine($"rdmapipe: {fault}"));
            TracedDevices.Follow(settings);
            using var export = settings.IsOn ? Start(settings, error) : null;
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
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
