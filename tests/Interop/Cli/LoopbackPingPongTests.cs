using System.Text.Json.Nodes;
using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary><c>rdmapipe pingpong rc</c> at both ends, over UDP on this machine's loopback interface.</summary>
public sealed class LoopbackPingPongTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(18_601, "")]
    [InlineData(18_602, "-e")]
    [InlineData(18_603, "-s 100000 -n 50 -r 4")]
    [InlineData(18_604, "-s 0 -n 20 -m 256")]
    public void BothEndsAgree(int port, string more)
    {
        string[] common = ["pingpong", "rc", "-p", $"{port}", "-c", "--json", .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        using var server = Rdmapipe.Start(common);
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(port));
        // The server's device is at the address the client called; the client needs another one.
        var client = Report(Rdmapipe.Run([.. common, "127.0.0.1", "-d", "udp://127.0.0.2"]));
        var served = Report(server.Wait(s_limit));
        Assert.Equal("udp://127.0.0.1", served["device"]!.GetValue<string>());
        Assert.Equal(client["local"]!.ToJsonString(), served["remote"]!.ToJsonString());
        Assert.Equal(served["local"]!.ToJsonString(), client["remote"]!.ToJsonString());
        Assert.Equal("::ffff:127.0.0.2", client["local"]!["gid"]!.GetValue<string>());
        foreach (var (a, b) in new[] { (client, served), (served, client) })
        {
            Assert.True(a["validated"]!.GetValue<bool>());
            Assert.Equal(a["counters"]!["sent_pkts"]!.GetValue<long>(), b["counters"]!["rcvd_pkts"]!.GetValue<long>());
            Assert.Equal(a["wire"]!["sent"]!.GetValue<long>(), b["wire"]!["received"]!.GetValue<long>());
        }
    }

    [Fact]
    public void ForAPersonItPrintsWhatIbvRcPingpongPrints()
    {
        using var server = Rdmapipe.Start("pingpong", "rc", "-p", "18610", "-n", "10");
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(18_610));
        var client = Rdmapipe.Run("pingpong", "rc", "-p", "18610", "-n", "10", "-d", "udp://127.0.0.2", "127.0.0.1");
        foreach (var run in new[] { client, server.Wait(s_limit) })
        {
            var lines = run.Expect().Output.TrimEnd().Split('\n');
            Assert.Matches(@"^  local address:  LID 0x0000, QPN 0x[0-9a-f]{6}, PSN 0x[0-9a-f]{6}, GID ::ffff:127\.0\.0\.[12]$", lines[0]);
            Assert.Matches(@"^  remote address: LID 0x0000, QPN 0x[0-9a-f]{6}, PSN 0x[0-9a-f]{6}, GID ::ffff:127\.0\.0\.[12]$", lines[1]);
            Assert.Matches(@"^81920 bytes in \d+\.\d\d seconds = \d+\.\d\d Mbit/sec$", lines[2]);
            Assert.Matches(@"^10 iters in \d+\.\d\d seconds = \d+\.\d\d usec/iter$", lines[3]);
        }
    }

    [Fact]
    public void SizesThatDifferAreNamedAtTheReceiver()
    {
        using var server = Rdmapipe.Start("pingpong", "rc", "-p", "18611", "-n", "10", "-s", "100");
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(18_611));
        using var client = Rdmapipe.Start("pingpong", "rc", "-p", "18611", "-n", "10", "-s", "64", "-d", "udp://127.0.0.2", "127.0.0.1");
        var run = server.Wait(s_limit);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("message 1 has 64 bytes, not 100: the peer uses another -s", run.Error);
    }

    private static JsonObject Report(CommandResult run) => JsonNode.Parse(run.Expect().Output)!.AsObject();
}
