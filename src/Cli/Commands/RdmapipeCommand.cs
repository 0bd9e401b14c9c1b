using System.CommandLine;
using System.CommandLine.Parsing;

namespace RdmaPipeline.Cli.Commands;

/// <summary>The tool: its subcommands, <c>--help</c> and <c>--version</c>.</summary>
public static class RdmapipeCommand
{
    /// <summary>Runs the tool; the exit code. A wrong command line is one line for each fault.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var parsed = Create().Parse(arguments);
        var configuration = new InvocationConfiguration { Output = output, Error = error };
        if (parsed.Errors.Count == 0 || arguments.Length == 0) return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        foreach (var fault in parsed.Errors) error.WriteLine($"rdmapipe: {fault.Message.ReplaceLineEndings(" ")}");
        error.WriteLine($"Try '{Path(parsed.CommandResult)} --help'.");
        return 1;
    }

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
