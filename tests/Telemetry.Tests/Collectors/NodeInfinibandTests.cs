using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>The page on which devices look to Prometheus like adapters under the node exporter.</summary>
public sealed class NodeInfinibandTests
{
    private const string Promtool = "/usr/bin/promtool";

    [Fact]
    public async Task TheFiguresAreThoseOfTheDevice()
    {
        using var pair = new WritePair("node-infiniband", bytes: 64);
        pair.Write(100);
        var lines = (await Ask()).Split('\n');
        Expect(pair.Near.Name, NodeInfinibandNames.PacketsTransmitted, 100);
        Expect(pair.Near.Name, NodeInfinibandNames.DataTransmitted, pair.Near.GetPipeline().BackendCounters.Sent.Bytes);
        Expect(pair.Near.Name, NodeInfinibandNames.LinkDowned, 0);
        Expect(pair.Near.Name, NodeInfinibandNames.State, 4);
        Expect(pair.Near.Name, NodeInfinibandNames.PhysicalState, 5);
        Expect(pair.Far.Name, NodeInfinibandNames.PacketsReceived, 100);
        Expect(pair.Far.Name, "rx_write_requests_total", 100);

        void Expect(string device, string metric, long value) =>
            Assert.Contains($"node_infiniband_{metric}{{device=\"{device}\",port=\"1\"}} {value}", lines);
    }

    [Fact]
    public async Task EveryCounterOfTheAdapterThatTheNodeExporterKnowsHasItsName()
    {
        using var pair = new WritePair("node-infiniband-names", bytes: 64);
        var counted = pair.Near.GetPipeline().AdapterCounters.Keys;
        Assert.Empty(NodeInfinibandNames.OfAdapter.Select(name => name.Counter).Except(counted));
        // What the node exporter shows as the port's, and does not read from an adapter.
        string[] ofPort = ["rdma_tx_packets", "rdma_tx_bytes", "rdma_rx_packets", "rdma_rx_bytes"];
        string[] unknown = ["req_transport_retries_exceeded", "req_rnr_retries_exceeded"];
        Assert.Empty(counted.Except(NodeInfinibandNames.OfAdapter.Select(name => name.Counter)).Except(ofPort).Except(unknown));
        var page = await Ask();
        Assert.All(NodeInfinibandNames.OfAdapter, name =>
            Assert.Contains($"# TYPE node_infiniband_{name.Metric} counter\n", page, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task PromtoolFindsNoFault()
    {
        Skip.IfNot(File.Exists(Promtool), "Debian's package prometheus is not installed; .ci/run installs it as root");
        using var pair = new WritePair("node-infiniband-promtool", bytes: 64);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, await Ask());
        var verdict = Command.Run("/bin/sh", ["-c", $"{Promtool} check metrics < {file}"], TimeSpan.FromSeconds(30)).Expect();
        File.Delete(file);
        Assert.Equal("", verdict.Output + verdict.Error);
    }

    [Fact]
    public async Task AForeignNameIsRefused()
    {
        await using var service = await Start();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(service.Urls.Single()), "metrics/infiniband"));
        request.Headers.Host = "evil.example";
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static async Task<string> Ask()
    {
        await using var service = await Start();
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(new Uri(service.Urls.Single()), "metrics/infiniband"));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<WebApplication> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var service = builder.Build();
        service.Urls.Add("http://127.0.0.1:0");
        service.MapNodeInfiniband();
        await service.StartAsync();
        return service;
    }
}
