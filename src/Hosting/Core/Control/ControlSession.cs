using System.Reflection;
using System.Text.Json;
using RdmaPipeline.Graph;
using RdmaPipeline.Hosting.Control.Taps;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Control;

/// <summary>One client of the control socket: a reply for each of its lines, until it goes away or says what is no request.</summary>
internal sealed class ControlSession(Stream stream, PipelineObserver observer, ControlServerOptions options)
{
    private static readonly string s_library =
        typeof(ControlSession).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private static readonly TimeSpan s_longestChange = TimeSpan.FromSeconds(10);

    private readonly LineChannel _lines = new(stream, ControlRequest.MaxBytes, options.Patience);

    private static ControlReply NewReply => new(ControlRequest.CurrentVersion);

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (await HearAsync(waitsForEver: false, cancellation).ConfigureAwait(false) is { } request)
            {
                if (request is { Version: ControlRequest.CurrentVersion, Verb: ControlVerbs.Tap })
                    await TapAsync(request, cancellation).ConfigureAwait(false);
                else
                    await SayAsync(Answer(request), cancellation).ConfigureAwait(false);
            }
        }
        catch (JsonException fault)
        {
            await SayAsync(Refuse($"the line is no request: {fault.Message}"), cancellation).ConfigureAwait(false);
        }
    }

    private static ControlReply Refuse(string error) => NewReply with { Error = error };

    private static ControlProcess Introduce(PipelineSnapshot snapshot) => new(
        snapshot.ProcessId, snapshot.ProcessName, snapshot.Started, s_library, [.. snapshot.Devices.Select(device => device.Name)]);

    private ControlReply Answer(ControlRequest request)
    {
        if (request.Version != ControlRequest.CurrentVersion)
            return Refuse($"version is {request.Version}; this process speaks {ControlRequest.CurrentVersion}");
        return request.Verb switch
        {
            ControlVerbs.Hello => NewReply with { Process = Introduce(observer.Look()) },
            ControlVerbs.Snapshot => NewReply with { Snapshot = observer.Look() },
            _ => Refuse($"verb is '{request.Verb}'; there are {ControlVerbs.Hello}, {ControlVerbs.Snapshot} and {ControlVerbs.Tap}"),
        };
    }

    // The client ends it with a line, whatever it says, or by going away.
    private async Task TapAsync(ControlRequest request, CancellationToken cancellation)
    {
        try
        {
            var device = TapSearch.FindDevice(request.Device, options.ServiceOf ?? (static _ => null));
            var pipeline = device.GetPipeline();
            var edge = TapSearch.FindEdge(pipeline.Describe(), request.Edge);
            var patience = options.Patience < s_longestChange ? options.Patience : s_longestChange;
            var tap = await EdgeTap.AttachAsync(pipeline, edge, patience, cancellation).ConfigureAwait(false);
            try
            {
                var what = new ControlTap(device.Name, TapSearch.NameOf(edge), EdgeTap.LinkOf(pipeline));
                await SayAsync(NewReply with { Tap = what }, cancellation).ConfigureAwait(false);
                await ShowAsync(tap, cancellation).ConfigureAwait(false);
                // Who hears of the end finds the graph as it was.
                await SayAsync(NewReply with { Missed = tap.Missed }, cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException fault)
            {
                await SayAsync(Refuse($"{fault.Message} The tap goes when it can."), cancellation).ConfigureAwait(false);
            }
            finally
            {
                await tap.LeaveAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception fault) when (fault is TapRefusedException or StageGraphException or TimeoutException or InvalidOperationException)
        {
            await SayAsync(Refuse(fault.Message), cancellation).ConfigureAwait(false);
        }
    }

    private async Task ShowAsync(EdgeTap tap, CancellationToken cancellation)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var stop = EndWithClientAsync(tap, ends);
        try
        {
            await foreach (var packet in tap.Packets.ReadAllAsync(ends.Token).ConfigureAwait(false))
                await SayAsync(NewReply with { Packet = packet }, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The tap cannot be taken out now, as whoever waits for the client's word says.
        }
        finally
        {
            await ends.CancelAsync().ConfigureAwait(false);
            await stop.ConfigureAwait(false);
        }
    }

    // What the client says, or that it went away, ends the tap; what the tap has seen by then is shown before the end.
    private async Task EndWithClientAsync(EdgeTap tap, CancellationTokenSource ends)
    {
        try
        {
            await HearAsync(waitsForEver: true, ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception end) when (end is IOException or JsonException)
        {
            // It went away.
        }

        try
        {
            await tap.EndAsync().ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await ends.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private ValueTask<ControlRequest?> HearAsync(bool waitsForEver, CancellationToken cancellation) =>
        _lines.ReceiveAsync(ControlJson.Default.ControlRequest, waitsForEver, cancellation);

    private ValueTask SayAsync(ControlReply reply, CancellationToken cancellation) =>
        _lines.SendAsync(reply, ControlJson.Default.ControlReply, cancellation);
}
