using System.Net;
using System.Net.Sockets;
using RdmaPipeline.Backends;
using RdmaPipeline.Cli.Commands;
using RdmaPipeline.Cli.Export;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>A whole run: meet the peer, open the device, exchange, print.</summary>
public static class PingPongProgram
{
    // As many as Linux Soft-RoCE: more would run over the queue of a tap device in front of a slow guest.
    private const int PacketsUnderWay = 128;

    /// <summary>Runs one end; the exit code.</summary>
    public static async Task<int> RunAsync(PingPongOptions options, TextWriter output, CancellationToken cancellation)
    {
        if (options.QueuePairs > options.ReceiveDepth)
            throw new CliException($"-r {options.ReceiveDepth} is too small for {options.QueuePairs} queue pairs: one receive for each");
        using var rendezvous = await MeetAsync(options, cancellation).ConfigureAwait(false);
        var uri = options.Device ?? PacketBackends.UriOf(rendezvous.LocalAddress);
        using var device = RdmaPipelineDevice.Open(uri, OptionsOf(options));
        options = Fit(options, device);
        var gidIndex = GidIndex(device, options, rendezvous.LocalAddress);
        await PingPongRehearsal.RunAsync(device, gidIndex, options, cancellation).ConfigureAwait(false);
        var before = PingPongCounters.Of(device.GetPipeline());
        PingPongResult result;
        using (var session = new PingPongSession(device, gidIndex, options))
            result = await ExchangeAsync(session, rendezvous, options, uri, output, cancellation).ConfigureAwait(false);
        var counted = PingPongCounters.Of(device.GetPipeline()).Since(before);
        var statistics = options.Stat ? DeviceStatistics.Of(device) : null;
        if (options.Json)
            PingPongPrinter.PrintJson(output, result with { Counters = counted.Hardware, Wire = counted.Wire, Stat = statistics });
        else StatOption.Print(output, statistics);
        return result.Validated == false ? 1 : 0;
    }

    private static async Task<PingPongRendezvous> MeetAsync(PingPongOptions options, CancellationToken cancellation)
    {
        if (options.Host is { } host)
            return await PingPongRendezvous.ConnectAsync(host, options.Port, cancellation).ConfigureAwait(false);
        using var listener = PingPongRendezvous.Listen(options.Port);
        return await PingPongRendezvous.AcceptAsync(listener, cancellation).ConfigureAwait(false);
    }

    private static async Task<PingPongResult> ExchangeAsync(PingPongSession session, PingPongRendezvous rendezvous, PingPongOptions options,
        string uri, TextWriter output, CancellationToken cancellation)
    {
        if (!options.Json) PingPongPrinter.PrintEnds(output, "local", session.Locals);
        var peers = await rendezvous.ExchangeAsync(session.Locals, options.Service.AddressCount(), session.Connect, cancellation)
            .ConfigureAwait(false);
        if (!options.Json) PingPongPrinter.PrintEnds(output, "remote", peers);
        var time = await session.RunAsync(first: !rendezvous.IsServer, cancellation).ConfigureAwait(false);
        var result = PingPongResult.Of(options, uri, session.Locals, peers, time, session.WrongAt);
        if (!options.Json) PingPongPrinter.PrintMeasures(output, result, session.WrongAt);
        return result;
    }

    /// <summary>How the device of an exchange is opened.</summary>
    public static DeviceOptions OptionsOf(PingPongOptions options) =>
        new() { WindowBytes = PacketsUnderWay * options.Mtu, Traces = TracedDevices.Options };

    /// <summary>A datagram is one packet, so that ibv_ud_pingpong's message of 2048 bytes is cut to the MTU where that is less.</summary>
    private static PingPongOptions Fit(PingPongOptions options, RdmaDevice device) => options.Service == PingPongService.Ud
        ? options with { Size = Math.Min(options.Size, device.QueryPort(options.DevicePort).ActiveMtu.ToBytes()) }
        : options;

    /// <summary>-g, or the GID of the TCP connection's address where the device has it, or the device's first one.</summary>
    public static int GidIndex(RdmaDevice device, PingPongOptions options, IPAddress local)
    {
        if (options.GidIndex is { } asked)
            return device.QueryGidEntry(options.DevicePort, asked) is not null
                ? asked
                : throw new CliException($"-g {asked}: device {device.Name} has no GID at that index");
        var own = device.FindGid(Gid.FromIPAddress(local), options.DevicePort);
        return own >= 0 ? own : device.SelectGid(options.DevicePort);
    }
}
