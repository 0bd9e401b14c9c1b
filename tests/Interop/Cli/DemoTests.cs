using System.Text.Json.Nodes;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary><c>rdmapipe demo</c>.</summary>
public sealed class DemoTests
{
    private static readonly string[] s_moving = ["send", "send_imm", "send_inv", "write", "write_imm", "read"];

    [Fact]
    public void JsonHasTheDocumentedShapeAndEverythingIsVerified()
    {
        var run = Rdmapipe.Run("demo", "--json").Expect();
        Assert.Equal("", run.Error);
        var report = JsonNode.Parse(run.Output)!.AsObject();
        Assert.Equal(["edges", "operations"], report.Select(p => p.Key).Order());
        var operations = report["operations"]!.AsArray().Select(o => o!.AsObject()).ToList();
        Assert.All(operations, o =>
        {
            Assert.Equal(["name", "size", "count", "bytes", "verified"], o.Select(p => p.Key));
            Assert.True(o["verified"]!.GetValue<bool>(), $"{o["name"]} of {o["size"]} bytes is not verified");
            Assert.Equal(o["size"]!.GetValue<long>() * o["count"]!.GetValue<long>(), o["bytes"]!.GetValue<long>());
            Assert.InRange(o["count"]!.GetValue<int>(), 1, int.MaxValue);
        });
        Assert.Equal([.. s_moving, "cmp_swap", "fetch_add"], operations.Select(o => o["name"]!.GetValue<string>()).Distinct());
        foreach (var name in s_moving)
        {
            var sizes = operations.Where(o => o["name"]!.GetValue<string>() == name).Select(o => o["size"]!.GetValue<int>()).ToList();
            Assert.Equal(0, sizes.Min());
            Assert.Equal(64 << 20, sizes.Max());
        }

        CheckEdges(report["edges"]!.AsArray().Select(e => e!.AsObject()).ToList(), operations.Sum(o => o["bytes"]!.GetValue<long>()));
    }

    [Fact]
    public void SimulatedDevicesAreMovedToo()
    {
        var report = JsonNode.Parse(Rdmapipe.Run("demo", "--json", "--preset", "simulated").Expect().Output)!;
        Assert.All(report["operations"]!.AsArray(), operation => Assert.True(operation!["verified"]!.GetValue<bool>()));
    }

    [Fact]
    public void ReshapedItEndsWithWhatItCountedWhenAsked()
    {
        var report = JsonNode.Parse(Rdmapipe.Run("demo", "--reshape", "--seconds", "1", "--stat", "--json").Expect().Output)!;
        var devices = report["stat"]!.AsObject();
        Assert.Equal(2, devices.Count);
        Assert.All(devices, device => Assert.InRange(device.Value!["counters"]!["sent_pkts"]!.GetValue<long>(), 1, long.MaxValue));
        var lines = Rdmapipe.Run("demo", "--reshape", "--seconds", "1", "--stat").Expect().Output.Split('\n');
        Assert.Equal(4, lines.Count(line => line.StartsWith("counters of reshape-", StringComparison.Ordinal)));
    }

    [Fact]
    public void ForAPersonItPrintsTheGraphAndATableOfOperations()
    {
        var run = Rdmapipe.Run("demo").Expect();
        foreach (var word in new[] { "requester", "completer", "responder", "ack_generator", "fetch_add", "67,108,864", "items/s" })
            Assert.Contains(word, run.Output);
        Assert.DoesNotContain("NO", run.Output);
    }

    [Fact]
    public void ReshapedUnderLoadItLosesNothing()
    {
        var run = Rdmapipe.Run("demo", "--reshape", "--seconds", "2", "--json").Expect();
        Assert.Equal("", run.Error);
        var report = JsonNode.Parse(run.Output)!.AsObject();
        Assert.Equal(["edits", "lost", "reordered", "pauseP50Ms", "pauseP99Ms", "revision"], report.Select(p => p.Key));
        Assert.InRange(report["edits"]!.GetValue<int>(), 10, int.MaxValue);
        Assert.Equal((0, 0), (report["lost"]!.GetValue<long>(), report["reordered"]!.GetValue<long>()));
        Assert.InRange(report["pauseP50Ms"]!.GetValue<double>(), 0, report["pauseP99Ms"]!.GetValue<double>());
        Assert.InRange(report["revision"]!.GetValue<long>(), 2, long.MaxValue);
    }

    private static void CheckEdges(List<JsonObject> edges, long payload)
    {
        Assert.All(edges, e => Assert.Equal(["from", "to", "items", "bursts", "dropped", "itemsPerSecond"], e.Select(p => p.Key)));
        var packets = edges.Single(e => Is(e, "encode", "send"))["items"]!.GetValue<long>();
        Assert.InRange(packets, payload / 4096, long.MaxValue);
        foreach (var (from, to) in new[] { ("receive", "decode"), ("decode", "dispatch") })
            Assert.Equal(packets, edges.Single(e => Is(e, from, to))["items"]!.GetValue<long>());
        var split = edges.Where(e => Is(e, "dispatch", "completer") || Is(e, "dispatch", "responder")).ToList();
        Assert.Equal(packets, split.Sum(e => e["items"]!.GetValue<long>()));
        Assert.All(edges, e =>
        {
            Assert.Equal(0, e["dropped"]!.GetValue<long>());
            Assert.InRange(e["bursts"]!.GetValue<long>(), 1, e["items"]!.GetValue<long>());
            Assert.InRange(e["itemsPerSecond"]!.GetValue<double>(), double.Epsilon, double.MaxValue);
        });

        static bool Is(JsonObject edge, string from, string to) =>
            edge["from"]!.GetValue<string>() == from && edge["to"]!.GetValue<string>() == to;
    }
}
