using System.Text.Json;
using RdmaPipeline.Backends;
using RdmaPipeline.Cli.Commands;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>A whole run of <c>pingpong xsrq</c>: meet the peers, exchange, part, print.</summary>
public static class XrcProgram
{
    /// <summary>Runs one end; the exit code.</summary>
    public static async Task<int> RunAsync(PingPongOptions options, TextWriter output, CancellationToken cancellation)
    {
        using var listener = options.Host is null ? PingPongRendezvous.Listen(options.Port) : null;
        var peers = new List<PingPongRendezvous>();
        try
        {
            for (var client = 0; client < options.QueuePairs; client++)
            {
                peers.Add(listener is null
                    ? await PingPongRendezvous.ConnectAsync(options.Host!, options.Port, cancellation).ConfigureAwait(false)
                    : await PingPongRendezvous.AcceptAsync(listener, cancellation).ConfigureAwait(false));
            }

            await RunAsync(options, peers, output, cancellation).ConfigureAwait(false);
            return 0;
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }
    }

    private static async Task RunAsync(
        PingPongOptions options, List<PingPongRendezvous> peers, TextWriter output, CancellationToken cancellation)
    {
        var uri = options.Device ?? PacketBackends.UriOf(peers[0].LocalAddress);
        using var device = RdmaPipelineDevice.Open(uri, PingPongProgram.OptionsOf(options));
        var gidIndex = PingPongProgram.GidIndex(device, options, peers[0].LocalAddress);
        var rehearsal = options with { Service = PingPongService.Rc };
        await PingPongRehearsal.RunAsync(device, gidIndex, rehearsal, cancellation).ConfigureAwait(false);
        var before = PingPongCounters.Of(device.GetPipeline());
        TimeSpan time;
        using (var session = new XrcSession(device, gidIndex, options))
            time = await ExchangeAsync(options, session, peers, output, cancellation).ConfigureAwait(false);
        var counted = PingPongCounters.Of(device.GetPipeline()).Since(before);
        Print(output, options, new(options.Service.Name(), uri, options.QueuePairs, options.Iterations,
            2L * options.Size * options.QueuePairs * options.Iterations, time.TotalSeconds, counted.Hardware, counted.Wire)
        {
            Stat = options.Stat ? DeviceStatistics.Of(device) : null,
        });
    }

    private static async Task<TimeSpan> ExchangeAsync(PingPongOptions options, XrcSession session, List<PingPongRendezvous> peers,
        TextWriter output, CancellationToken cancellation)
    {
        for (var client = 0; client < peers.Count; client++)
        {
            var local = session.Local(client);
            var peer = await peers[client].ExchangeAsync(local, cancellation).ConfigureAwait(false);
            session.Connect(client, peer);
            if (options.Json) continue;
            output.WriteLine($"{"local",8}: {local}");
            output.WriteLine($"{"remote",8}: {peer}");
        }

        var time = await session.RunAsync(first: peers[0].IsServer, cancellation).ConfigureAwait(false);
        await PartAsync(peers, cancellation).ConfigureAwait(false);
        return time;
    }

    // Nobody closes its queue before the server has heard that all are done: a message for one may still be on another's connection.
    private static async Task PartAsync(List<PingPongRendezvous> peers, CancellationToken cancellation)
    {
        if (!peers[0].IsServer) await peers[0].SendEndAsync(cancellation).ConfigureAwait(false);
        foreach (var peer in peers) await peer.ReceiveEndAsync(cancellation).ConfigureAwait(false);
        if (!peers[0].IsServer) return;
        foreach (var peer in peers) await peer.SendEndAsync(cancellation).ConfigureAwait(false);
    }

    private static void Print(TextWriter output, PingPongOptions options, XrcResult result)
    {
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(result, CliJson.Options));
            return;
        }

        output.WriteLine("success");
        StatOption.Print(output, result.Stat);
    }
}
