using System.Globalization;
using System.Text.Json;

namespace RdmaPipeline.HostingTests.Control;

/// <summary>The tool looks into a second process: the sample service, which carries traffic between two devices.</summary>
[Collection(DeviceCollection.Name)]
public sealed class AttachTests : IDisposable
{
    private readonly RuntimeDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryCommandShowsTheOtherProcess()
    {
        await using var service = await SampleService.StartAsync();
        await ItIsCalled("Service", service);
        string process = service.ProcessId.ToString(CultureInfo.InvariantCulture);
        var listed = (await Tool.JsonAsync("ps", "--json")).EnumerateArray().Single();
        Assert.Equal(service.ProcessId, listed.GetProperty("processId").GetInt32());
        Assert.Equal(
            ["service/back", "service/front"], listed.GetProperty("devices").EnumerateArray().Select(name => name.GetString()!).Order());
        Assert.Contains(process, await Tool.RunAsync("ps"), StringComparison.Ordinal);

        await TopShowsTraffic(process);
        await StatCounts(process);
        string graph = await Tool.RunAsync("graph", "--attach", process, "-d", "front");
        Assert.Contains("s_decode -->|\"", graph, StringComparison.Ordinal);
        Assert.Contains("s_largest_packet", graph, StringComparison.Ordinal);
        string dot = await Tool.RunAsync("graph", "-a", process, "--format", "dot");
        Assert.Contains("digraph \"service/back\"", dot, StringComparison.Ordinal);
        var (exit, _, error) = await Tool.TryAsync("graph", "-a", process, "-d", "side");
        Assert.Equal(1, exit);
        Assert.StartsWith("rdmapipe: -d side: the process has service/", error, StringComparison.Ordinal);

        await TapCaptures(process);
        string said = await service.StopAsync();
        Assert.Contains("rounds, each as it was sent", said, StringComparison.Ordinal);
        Assert.DoesNotContain("sends not done", said, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_directory.Sockets));
        (exit, _, error) = await Tool.TryAsync("stat");
        Assert.Equal((1, "rdmapipe: no process of yours can be looked into: start one with RDMAPIPE_CONTROL=1"), (exit, error.TrimEnd()));
    }

    [Fact] // As in its telemetry, whatever the process is.
    public async Task AServiceIsCalledWhatItsOperatorCallsIt()
    {
        await using var service = await SampleService.StartAsync(("OTEL_SERVICE_NAME", "storage"));
        await ItIsCalled("storage", service);
    }

    [Fact]
    public async Task WhatAKilledServiceLeavesBehindIsNoProcess()
    {
        await using var service = await SampleService.StartAsync();
        using var http = new HttpClient();
        Assert.Equal("Healthy", await http.GetStringAsync(service.Health));
        await service.KillAsync();
        Assert.Single(Directory.EnumerateFiles(_directory.Sockets));
        Assert.Empty((await Tool.JsonAsync("ps", "--json")).EnumerateArray());
        Assert.Empty(Directory.EnumerateFiles(_directory.Sockets));
    }

    // It is a process of the name dotnet.
    private static async Task ItIsCalled(string name, SampleService service)
    {
        Assert.Equal(name, (await Tool.JsonAsync("ps", "--json"))[0].GetProperty("name").GetString());
        Assert.StartsWith($"{name} {service.ProcessId},", (await Tool.RunAsync("top", "--once")).TrimStart(), StringComparison.Ordinal);
        using var http = new HttpClient();
        using var seen = JsonDocument.Parse(await http.GetStringAsync(new Uri(service.Page, "snapshot")));
        Assert.Equal(name, seen.RootElement.GetProperty("processName").GetString());
    }

    private static async Task TopShowsTraffic(string process)
    {
        var snapshot = await Tool.JsonAsync("top", "--attach", process, "--once", "--json", "-i", "0.3");
        Assert.InRange(snapshot.GetProperty("intervalSeconds").GetDouble(), 0.1, 30);
        var front = snapshot.GetProperty("devices").EnumerateArray().Single(d => d.GetProperty("service").GetString() == "front");
        Assert.Equal("Active", front.GetProperty("portState").GetString());
        var edge = front.GetProperty("graph").GetProperty("edges").EnumerateArray().Single(e => e.GetProperty("to").GetString() == "send");
        Assert.InRange(edge.GetProperty("itemsPerSecond").GetDouble(), 1, 1e7);
        Assert.Equal("RTS", front.GetProperty("queuePairs")[0].GetProperty("state").GetString());
        string table = await Tool.RunAsync("top", "-a", process, "--once", "-i", "0.2");
        foreach (string part in new[] { "requester→encode", "items/s", "blocked", "drops/s", "0/32", "service/back: Staged r1 Running" })
            Assert.Contains(part, table, StringComparison.Ordinal);
    }

    private async Task TapCaptures(string process)
    {
        string file = Path.Combine(_directory.Path, "tap.pcapng");
        string said = await Tool.RunAsync("tap", "encode->send", "-a", process, "-d", "front", "-w", file, "-c", "40");
        Assert.StartsWith("40 packets of encode→send of service/front", said, StringComparison.Ordinal);
        var packets = (await Tool.JsonAsync("decode", "--json", file)).GetProperty("packets").EnumerateArray().ToList();
        Assert.Equal(40, packets.Count);
        var (exit, _, error) = await Tool.TryAsync("tap", "encode->send", "-a", process, "-w", file);
        Assert.Equal(1, exit);
        Assert.StartsWith("rdmapipe: --device (-d) says which of the process's devices: one of service/", error, StringComparison.Ordinal);
        Assert.DoesNotContain("control_tap", await Tool.RunAsync("graph", "-a", process), StringComparison.Ordinal);
    }

    private static async Task StatCounts(string process)
    {
        var counted = await Tool.JsonAsync("stat", "--json");
        var front = counted.GetProperty("service/front");
        Assert.InRange(front.GetProperty("counters").GetProperty("sent_pkts").GetInt64(), 1, long.MaxValue);
        Assert.Equal(0, front.GetProperty("counters").GetProperty("send_rnr_err").GetInt64());
        Assert.Contains("counters of service/back", await Tool.RunAsync("stat", "--attach", process), StringComparison.Ordinal);
    }
}
