using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RdmaPipeline.Hosting.Control;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe ps</c>: the processes of this user that can be looked into.</summary>
public static class PsCommand
{
    private static readonly Option<bool> s_json = new("--json") { Description = "Print a JSON array." };

    public static Command Create()
    {
        var command = new Command("ps", $"List your processes that can be looked into ({ControlDirectory.Variable}=1).") { s_json };
        command.Runs(async (arguments, cancellation) =>
        {
            var output = arguments.InvocationConfiguration.Output;
            var running = await ControlClient.ListAsync(cancellation).ConfigureAwait(false);
            if (arguments.GetValue(s_json)) output.WriteLine(JsonSerializer.Serialize(running, CliJson.Options));
            else foreach (var line in Lines(running)) output.WriteLine(line);
            return 0;
        });
        return command;
    }

    private static IEnumerable<string> Lines(IEnumerable<ControlProcess> running)
    {
        yield return $"{"PID",8}  {"STARTED",-19}  {"NAME",-20}  DEVICES";
        foreach (var process in running)
        {
            var started = process.Started.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            yield return $"{process.ProcessId,8}  {started}  {process.Name,-20}  {string.Join(", ", process.Devices)}";
        }
    }
}
