using System.Reflection;
using System.Text.Json;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Control;

/// <summary>One client of the control socket: a reply for each of its lines, until it goes away or says what is no request.</summary>
internal sealed class ControlSession(Stream stream, PipelineObserver observer, TimeSpan patience)
{
    private static readonly string s_library =
        typeof(ControlSession).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private readonly LineChannel _lines = new(stream, ControlRequest.MaxBytes, patience);

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            ControlReply reply;
            bool isGood = true;
            try
            {
                if (await _lines.ReceiveAsync(ControlJson.Default.ControlRequest, cancellation).ConfigureAwait(false) is not { } request)
                    return;
                reply = Answer(request);
            }
            catch (JsonException fault)
            {
                (reply, isGood) = (Refuse($"the line is no request: {fault.Message}"), false);
            }

            await _lines.SendAsync(reply, ControlJson.Default.ControlReply, cancellation).ConfigureAwait(false);
            if (!isGood)
                return;
        }
    }

    private static ControlReply Refuse(string error) => new(ControlRequest.CurrentVersion) { Error = error };

    private ControlReply Answer(ControlRequest request)
    {
        if (request.Version != ControlRequest.CurrentVersion)
            return Refuse($"version is {request.Version}; this process speaks {ControlRequest.CurrentVersion}");
        return request.Verb switch
        {
            ControlVerbs.Hello => new ControlReply(ControlRequest.CurrentVersion) { Process = Introduce(observer.Look()) },
            ControlVerbs.Snapshot => new ControlReply(ControlRequest.CurrentVersion) { Snapshot = observer.Look() },
            _ => Refuse($"verb is '{request.Verb}'; there are {ControlVerbs.Hello} and {ControlVerbs.Snapshot}"),
        };
    }

    private static ControlProcess Introduce(PipelineSnapshot snapshot) => new(
        snapshot.ProcessId, snapshot.ProcessName, snapshot.Started, s_library, [.. snapshot.Devices.Select(device => device.Name)]);
}
