using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary><c>--stat</c>, of each command that opens devices.</summary>
public sealed class StatTests
{
    // Linux Soft-RoCE has these in hw_counters, and no others.
    private static readonly string[] s_softRoce =
    [
        "ack_deferred", "completer_retry_err", "duplicate_request", "link_downed", "out_of_seq_request", "rcvd_pkts", "rcvd_rnr_err",
        "rcvd_seq_err", "rdma_recvs", "rdma_sends", "retry_exceeded_err", "retry_rnr_exceeded_err", "send_err", "send_rnr_err", "sent_pkts",
    ];

    [Fact]
    public void TheDemonstrationsDevicesCountWhatTheyDid()
    {
        var report = JsonNode.Parse(Rdmapipe.Run("demo", "--json", "--stat").Expect().Output)!.AsObject();
        var (asking, asked) = (report["stat"]!.AsObject().First().Value!, report["stat"]!.AsObject().Last().Value!);
        var operations = report["operations"]!.AsArray();
        Assert.Equal(s_softRoce, asked["counters"]!.AsObject().Select(c => c.Key).Order(StringComparer.Ordinal));
        Assert.Equal(Count("write") + Count("write_imm"), asked["mlx5"]!["rx_write_requests"]!.GetValue<long>());
        Assert.Equal(Count("read"), asked["mlx5"]!["rx_read_requests"]!.GetValue<long>());
        Assert.Equal(Count("cmp_swap") + Count("fetch_add"), asked["mlx5"]!["rx_atomic_requests"]!.GetValue<long>());
        Assert.Equal(asking["counters"]!["sent_pkts"]!.GetValue<long>(), asked["mlx5"]!["rdma_rx_packets"]!.GetValue<long>());
        Assert.All(asked["dropped"]!.AsObject(), reason => Assert.Equal(0, reason.Value!.GetValue<long>()));

        long Count(string name) => operations.Where(o => o!["name"]!.GetValue<string>() == name).Sum(o => o!["count"]!.GetValue<long>());
    }

    [Fact]
    public void APingPongShowsItsDevicesCounters()
    {
        using var server = Rdmapipe.Start("pingpong", "ud", "-p", "18620", "-n", "40", "--stat");
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(18_620));
        var client = Rdmapipe.Run("pingpong", "ud", "-p", "18620", "-n", "40", "--json", "--stat", "-d", "udp://127.0.0.2", "127.0.0.1");
        var stat = JsonNode.Parse(client.Expect().Output)!["stat"]!.AsObject().Single().Value!;
        // The rehearsal is part of the device's life: 32 messages each way between two queue pairs of its own.
        Assert.Equal(64 + 40, stat["counters"]!["rdma_sends"]!.GetValue<long>());
        Assert.Equal(64 + 40, stat["counters"]!["rdma_recvs"]!.GetValue<long>());
        var text = server.Wait(TimeSpan.FromMinutes(1)).Expect().Output;
        Assert.Matches(new Regex(@"^counters of \S+$", RegexOptions.Multiline), text);
        Assert.Matches(new Regex(@"^  rdma_sends +104$", RegexOptions.Multiline), text);
        Assert.Matches(new Regex(@"^  local_ack_timeout_err +0$", RegexOptions.Multiline), text);
        Assert.Matches(new Regex(@"^packets dropped by \S+: 0$", RegexOptions.Multiline), text);
    }

    [Theory]
    [InlineData("mermaid", "%% ")]
    [InlineData("dot", "// ")]
    public void AGraphHoldsThemInComments(string format, string comment)
    {
        var plain = Rdmapipe.Run("graph", "--format", format).Expect().Output;
        var counted = Rdmapipe.Run("graph", "--format", format, "--stat").Expect().Output;
        Assert.StartsWith(plain.TrimEnd(), counted);
        var added = counted[plain.TrimEnd().Length..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(added, line => Assert.StartsWith(comment, line));
        Assert.Contains(added, line => line.Contains("  sent_pkts"));
    }

    [Theory]
    [InlineData("graph --format json -d mem://stat/device")]
    [InlineData("devices --json mem://stat/device")]
    public void JsonHasThemAsAnObject(string line)
    {
        var plain = JsonNode.Parse(Rdmapipe.Run(line.Split(' ')).Expect().Output)!.AsObject();
        Assert.False(plain.ContainsKey("stat"));
        var counted = JsonNode.Parse(Rdmapipe.Run([.. line.Split(' '), "--stat"]).Expect().Output)!;
        var stat = counted["stat"]!.AsObject().Single().Value!;
        Assert.Equal(s_softRoce, stat["counters"]!.AsObject().Select(c => c.Key).Order(StringComparer.Ordinal));
        Assert.Equal(0, stat["dropped"]!["bad_qkey"]!.GetValue<long>());
    }
}
