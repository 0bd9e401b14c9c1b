using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>A collector in a process of its own, on loopback, that can be asked what it has taken.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private static readonly HttpClient s_http = new();

    private readonly Process _process;
    private readonly Uri _questions;

    /// <summary>Starts it; on the ports of <paramref name="before"/> when that one has ended.</summary>
    public OtlpReceiver(OtlpReceiver? before = null)
    {
        string[] arguments = [Path.Combine(ReceiverFolder.Path, "receiver.js"), PortOf(before?.Grpc), PortOf(before?.Http)];
        var start = new ProcessStartInfo("node", arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        var line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the receiver did not start");
        var addresses = JsonSerializer.Deserialize<Dictionary<string, Uri>>(line)!;
        (Grpc, Http, _questions) = (addresses["grpc"], addresses["http"], addresses["questions"]);
    }

    /// <summary>Where it takes OTLP over gRPC.</summary>
    public Uri Grpc { get; }

    /// <summary>Where it takes OTLP over HTTP.</summary>
    public Uri Http { get; }

    /// <summary>Its address for a protocol as <c>OTEL_EXPORTER_OTLP_PROTOCOL</c> spells it.</summary>
    public Uri For(string protocol) => protocol == "grpc" ? Grpc : Http;

    /// <summary>All spans it has taken.</summary>
    public IReadOnlyList<JsonObject> Spans() => Ask("spans");

    /// <summary>All points of metrics it has taken, in order.</summary>
    public IReadOnlyList<JsonObject> Points() => Ask("points");

    /// <summary>All requests it has taken.</summary>
    public IReadOnlyList<JsonObject> Requests() => Ask("requests");

    /// <summary>Ends it in the middle of whatever it does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    private static string PortOf(Uri? address) => (address?.Port ?? 0).ToString();

    private List<JsonObject> Ask(string what)
    {
        var records = s_http.GetFromJsonAsync<JsonArray>(new Uri(_questions, what)).GetAwaiter().GetResult()!;
        return [.. records.Select(record => record!.AsObject())];
    }
}
