using System.CommandLine;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe explain FILE</c>: what happened in a capture or a trace, in words.</summary>
public static class ExplainCommand
{
    private const string About = "Say in words what went wrong in a capture or a trace: what was lost, refused and sent again, how each "
        + "conversation or work request ended, why, and what to look at. Exit code 0: it was explained; 2: the file cannot be read.";

    private static readonly Argument<string> s_file = new("file")
    {
        Description = "A pcap or pcapng file, or spans as OTLP in JSON, one request a line, as the OpenTelemetry collector writes them.",
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command("explain", About) { s_file, s_json };
        command.Runs((arguments, _) =>
        {
            var streams = arguments.InvocationConfiguration;
            return Task.FromResult(Explain.ExplainCommand.Run(
                arguments.GetValue(s_file)!, streams.Output, streams.Error, arguments.GetValue(s_json)));
        });
        return command;
    }
}
