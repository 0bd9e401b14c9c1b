using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using RdmaPipeline.Cli.Devices;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe devices [uri...]</c>: what ibv_devinfo prints, of our devices.</summary>
public static class DevicesCommand
{
    private static readonly JsonSerializerOptions s_options = new(CliJson.Options) { Converters = { new JsonStringEnumConverter() } };

    private static readonly Argument<string[]> s_uris = new("uri")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "Devices such as udp://198.51.100.1 (default: the usable addresses of this machine).",
    };

    private static readonly Option<bool> s_verbose = new("--verbose", "-v") { Description = "All attributes, the GID and P_Key tables." };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object, with all attributes and tables." };

    public static Command Create()
    {
        var command = new Command("devices", "Print devices and their ports as ibv_devinfo does.")
        {
            s_uris, s_verbose, s_json, StatOption.Instance,
        };
        command.Runs((arguments, _) =>
        {
            IReadOnlyList<string> uris = arguments.GetValue(s_uris) is { Length: > 0 } given ? given : RdmaPipelineDevice.List();
            if (uris.Count == 0)
                throw new CliException("no address of this machine can be used: each is link-local or its port 4791 is taken");
            var report = Look(uris, arguments.GetValue(StatOption.Instance));
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(s_json)) output.WriteLine(JsonSerializer.Serialize(report, s_options));
            else Print(output, report, arguments.GetValue(s_verbose));
            return Task.FromResult(0);
        });
        return command;
    }

    private static DevicesReport Look(IReadOnlyList<string> uris, bool stat)
    {
        var devices = new List<DeviceReport>();
        var counted = new Dictionary<string, DeviceStatistics>();
        foreach (var uri in uris)
        {
            using var device = RdmaPipelineDevice.Open(uri);
            devices.Add(DeviceReport.Of(uri, device));
            counted[uri] = DeviceStatistics.Of(device).Single().Value;
        }

        return new(devices) { Stat = stat ? counted : null };
    }

    private static void Print(TextWriter output, DevicesReport report, bool verbose)
    {
        var listing = new DeviceListing(output, verbose);
        foreach (var device in report.Devices) listing.Print(device);
        StatOption.Print(output, report.Stat);
    }
}
