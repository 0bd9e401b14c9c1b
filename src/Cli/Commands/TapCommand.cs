using System.CommandLine;
using RdmaPipeline.Hosting.Control;
using RdmaPipeline.Backends.Captures;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe tap EDGE -w FILE</c>: captures the packets that pass an edge of a running process.</summary>
public static class TapCommand
{
    private static readonly Argument<string> s_edge = new("edge")
    {
        Description = "The edge, such as 'encode->send', or the stage it starts at: 'rdmapipe top' lists them.",
    };

    private static readonly Option<string> s_file = new("--write", "-w")
    {
        Required = true, HelpName = "FILE", Description = "The pcapng file to write.",
    };

    private static readonly Option<string?> s_device = new("--device", "-d") { Description = "The device, where there are several." };

    private static readonly Option<long?> s_count = new Option<long?>("--count", "-c")
    {
        Description = "End after so many packets, 1 or more.",
    }.Between(1, long.MaxValue);

    private static readonly Option<double?> s_seconds = new Option<double?>("--seconds")
    {
        Description = "End after so many seconds, 0.001 to 1000000.",
    }.Between(0.001, 1_000_000);

    public static Command Create()
    {
        var command = new Command("tap", "Capture the packets that pass an edge of a running process, until Ctrl-C.")
        {
            s_edge, s_file, s_device, s_count, s_seconds, AttachOption.Instance,
        };
        command.Runs(async (arguments, cancellation) =>
        {
            await using var client = await AttachOption.ConnectAsync(arguments, cancellation).ConfigureAwait(false);
            var device = arguments.GetValue(s_device) ?? await OnlyDeviceAsync(client, cancellation).ConfigureAwait(false);
            var tap = await client.BeginTapAsync(arguments.GetValue(s_edge)!, device, cancellation).ConfigureAwait(false);
            await using var file = File.Create(arguments.GetValue(s_file)!);
            var capture = new PcapNgWriter(file, "rdmapipe tap", $"{tap.Edge} of {tap.Device}");
            capture.AddInterface(Enum.Parse<LinkLayerType>(tap.Link), $"{tap.Device} {tap.Edge}");
            var (packets, missed) = await CaptureAsync(client, capture, arguments, cancellation).ConfigureAwait(false);
            arguments.InvocationConfiguration.Output.WriteLine(
                $"{packets} packets of {tap.Edge} of {tap.Device}{(missed > 0 ? $", {missed} missed" : "")}");
            return 0;
        });
        return command;
    }

    private static async Task<string> OnlyDeviceAsync(ControlClient client, CancellationToken cancellation)
    {
        var devices = (await client.SnapshotAsync(cancellation).ConfigureAwait(false)).Devices;
        return devices.Count == 1 ? devices[0].Name : throw new CliException(devices.Count == 0
            ? "the process has no device"
            : $"--device (-d) says which of the process's devices: one of {string.Join(", ", devices.Select(device => device.Name))}");
    }

    private static async Task<(long Packets, long Missed)> CaptureAsync(
        ControlClient client, PcapNgWriter capture, ParseResult arguments, CancellationToken cancellation)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (arguments.GetValue(s_seconds) is { } seconds) ends.CancelAfter(TimeSpan.FromSeconds(seconds));
        // What is on its way comes still, and then the end.
        await using var stop = ends.Token.Register(() => _ = client.EndTapAsync(CancellationToken.None));
        var most = arguments.GetValue(s_count) ?? long.MaxValue;
        for (long packets = 0; ;)
        {
            if (packets == most) await ends.CancelAsync().ConfigureAwait(false);
            var (packet, missed) = await client.NextPacketAsync(CancellationToken.None).ConfigureAwait(false);
            if (packet is null) return (packets, missed);
            if (packets == most) continue;
            capture.Write(0, packet.Nanoseconds, packet.Frame, packet.Comment, originalLength: packet.OriginalLength);
            packets++;
        }
    }
}
