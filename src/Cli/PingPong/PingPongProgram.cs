using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>A whole run: meet the peer, open the device, exchange, print.</summary>
public static class PingPongProgram
{
    /// <summary>Runs one end; the exit code.</summary>
    public static Task<int> RunAsync(PingPongOptions options, TextWriter output, CancellationToken cancellation) =>
        RunAsync(options, output, uri => RdmaPipelineDevice.Open(uri), cancellation);

    /// <summary>As the other, on a device that <paramref name="open"/> makes.</summary>
    public static async Task<int> RunAsync(
        PingPongOptions options, TextWriter output, Func<string, RdmaDevice> open, CancellationToken cancellation)
    {
        using var rendezvous = await MeetAsync(options, cancellation).ConfigureAwait(false);
        var uri = options.Device ?? DeviceOf(rendezvous.LocalAddress);
        using var device = open(uri);
        PingPongResult result;
        using (var session = new PingPongSession(device, GidIndex(device, options, rendezvous.LocalAddress), options))
            result = await ExchangeAsync(session, rendezvous, options, uri, output, cancellation).ConfigureAwait(false);
        if (options.Json) PingPongPrinter.PrintJson(output, WithCounters(result, device.GetPipeline()));
        return result.Validated == false ? 1 : 0;
    }

    private static async Task<PingPongRendezvous> MeetAsync(PingPongOptions options, CancellationToken cancellation)
    {
        if (options.Host is not null) return await PingPongRendezvous.ConnectAsync(options.Host, options.Port, cancellation).ConfigureAwait(false);
        using var listener = PingPongRendezvous.Listen(options.Port);
        return await PingPongRendezvous.AcceptAsync(listener, cancellation).ConfigureAwait(false);
    }

    private static async Task<PingPongResult> ExchangeAsync(PingPongSession session, PingPongRendezvous rendezvous, PingPongOptions options,
        string uri, TextWriter output, CancellationToken cancellation)
    {
        if (!options.Json) PingPongPrinter.PrintEnd(output, "local", session.Local);
        var peer = await rendezvous.ExchangeAsync(session.Local, session.Connect, cancellation).ConfigureAwait(false);
        if (!options.Json) PingPongPrinter.PrintEnd(output, "remote", peer);
        var time = await session.RunAsync(first: !rendezvous.IsServer, cancellation).ConfigureAwait(false);
        var result = PingPongResult.Of(options, uri, session.Local, peer, time, session.WrongAt);
        if (!options.Json) PingPongPrinter.PrintMeasures(output, result, session.WrongAt);
        return result;
    }

    private static PingPongResult WithCounters(PingPongResult result, DevicePipeline pipeline) =>
        result with { Counters = pipeline.HardwareCounters, Wire = PingPongWire.Of(pipeline.BackendCounters) };

    private static string DeviceOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"udp://[{address}]" : string.Create(CultureInfo.InvariantCulture, $"udp://{address}");

    /// <summary>-g, or the GID of the TCP connection's address where the device has it, or the device's first one.</summary>
    private static int GidIndex(RdmaDevice device, PingPongOptions options, IPAddress local)
    {
        if (options.GidIndex is { } asked)
            return device.QueryGidEntry(options.DevicePort, asked) is not null
                ? asked
                : throw new CliException($"-g {asked}: device {device.Name} has no GID at that index");
        var own = device.FindGid(Gid.FromIPAddress(local), options.DevicePort);
        return own >= 0 ? own : device.SelectGid(options.DevicePort);
    }
}
