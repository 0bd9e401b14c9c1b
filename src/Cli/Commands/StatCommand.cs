using System.CommandLine;
using System.Text.Json;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe stat</c>: what the devices of a running process have counted.</summary>
public static class StatCommand
{
    private static readonly Option<bool> s_json = new("--json")
    {
        Description = "Print {device: {counters, mlx5, dropped}}, as --stat of other commands does.",
    };

    public static Command Create()
    {
        var command = new Command("stat", "Print the counters of the devices of a running process.") { AttachOption.Instance, s_json };
        command.Runs(async (arguments, cancellation) =>
        {
            await using var client = await AttachOption.ConnectAsync(arguments, cancellation).ConfigureAwait(false);
            var snapshot = await client.SnapshotAsync(cancellation).ConfigureAwait(false);
            var counted = snapshot.Devices.DistinctBy(device => device.Name).ToDictionary(device => device.Name, Of);
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(s_json)) output.WriteLine(JsonSerializer.Serialize(counted, CliJson.Options));
            else foreach (var line in DeviceStatistics.Lines(counted)) output.WriteLine(line);
            return 0;
        });
        return command;
    }

    private static DeviceStatistics Of(DeviceSnapshot device) => new(device.Counters, device.AdapterCounters, device.Dropped);
}
