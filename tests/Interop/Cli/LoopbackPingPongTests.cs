using System.Net.Sockets;
using System.Text.Json.Nodes;
using RdmaPipeline.Cli.PingPong;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary><c>rdmapipe pingpong</c> at both ends, over UDP on this machine's loopback interface.</summary>
public sealed class LoopbackPingPongTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(18_601, "rc", "")]
    [InlineData(18_602, "rc", "-e")]
    [InlineData(18_603, "rc", "-s 100000 -n 50 -r 4")]
    [InlineData(18_604, "rc", "-s 0 -n 20 -m 256")]
    [InlineData(18_605, "uc", "")]
    [InlineData(18_606, "uc", "-e -s 5000 -m 4096 -n 100")]
    [InlineData(18_607, "ud", "")]
    [InlineData(18_608, "ud", "-e -s 1 -r 3 -n 100")]
    [InlineData(18_615, "srq", "")]
    [InlineData(18_616, "srq", "-e -q 5 -r 7 -s 3000 -n 100")]
    [InlineData(18_617, "srq", "-q 256 -n 100 -s 1")]
    public void BothEndsAgree(int port, string service, string more)
    {
        string[] common = ["pingpong", service, "-p", $"{port}", "-c", "--json", .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        using var server = Rdmapipe.Start(common);
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(port));
        // The server's device is at the address the client called; the client needs another one.
        var client = Report(Rdmapipe.Run([.. common, "127.0.0.1", "-d", "udp://127.0.0.2"]));
        var served = Report(server.Wait(s_limit));
        Assert.Equal(service, client["service"]!.GetValue<string>());
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

    [Theory]
    [InlineData(18_612, "uc")]
    [InlineData(18_613, "ud")]
    public void WithoutRepetitionALostMessageEndsTheExchange(int port, string service)
    {
        using var server = Rdmapipe.Start("pingpong", service, "-p", $"{port}", "-t", "1");
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(port));
        using var silent = new TcpClient("127.0.0.1", port);
        silent.Client.Send(new PingPongDestination(0, 0x11, 0, Gid.Parse("::ffff:127.0.0.2")).ToMessage());
        silent.Client.Send("done\0"u8);
        var run = server.Wait(s_limit);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            $"rdmapipe: nothing came for 1 s after 0 messages sent and 0 received of 1000: one was lost, and {service} repeats none",
            run.Error.TrimEnd());
    }

    [Fact]
    public void ADatagramIsCutToTheMtu()
    {
        string[] common = ["pingpong", "ud", "-p", "18614", "-n", "3", "-c", "--json"];
        using var server = Rdmapipe.Start([.. common, "-d", "udp://127.0.0.1?mtu=512"]);
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(18_614));
        var client = Report(Rdmapipe.Run([.. common, "-d", "udp://127.0.0.2?mtu=512", "127.0.0.1"]));
        foreach (var report in new[] { client, Report(server.Wait(s_limit)) })
        {
            Assert.Equal(2 * 3 * 512, report["bytes"]!.GetValue<long>());
            Assert.True(report["validated"]!.GetValue<bool>());
        }
    }

    [Theory]
    [InlineData(18_621, "")]
    [InlineData(18_622, "-e -n 100 -s 3000")]
    [InlineData(18_623, "-n 1 -s 1 -m 256")]
    public void BothEndsOfAnXrcExchangeAgree(int port, string more)
    {
        string[] common = ["pingpong", "xsrq", "-p", $"{port}", "--json", .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        using var server = Rdmapipe.Start(common);
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(port));
        var client = Report(Rdmapipe.Run([.. common, "127.0.0.1", "-d", "udp://127.0.0.2"]));
        var served = Report(server.Wait(s_limit));
        Assert.Equal(client["bytes"]!.GetValue<long>(), served["bytes"]!.GetValue<long>());
        foreach (var end in new[] { client, served })
        {
            var messages = end["iterations"]!.GetValue<long>();
            Assert.Equal(messages, end["counters"]!["rdma_sends"]!.GetValue<long>());
            Assert.Equal(messages, end["counters"]!["rdma_recvs"]!.GetValue<long>());
        }
    }

    [Fact]
    public void ForAPersonAnXrcExchangePrintsWhatIbvXsrqPingpongPrints()
    {
        using var server = Rdmapipe.Start("pingpong", "xsrq", "-p", "18624");
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(18_624));
        var client = Rdmapipe.Run("pingpong", "xsrq", "-p", "18624", "-d", "udp://127.0.0.2", "127.0.0.1");
        const string Number = "[0-9a-f]{6}";
        const string End = $@": LID 0000, QPN RECV {Number} SEND {Number}, PSN {Number}, SRQN {Number}, GID ::ffff:127\.0\.0\.[12]\n";
        foreach (var run in new[] { client, server.Wait(s_limit) })
            Assert.Matches($"^   local{End}  remote{End}success\n$", run.Expect().Output);
    }

    [Fact]
    public void QueuePairsThatDifferInNumberAreNamed()
    {
        using var server = Rdmapipe.Start("pingpong", "srq", "-p", "18618", "-q", "3");
        PingPong.PingPongExchange.Await(server, () => LocalListeners.Has(18_618));
        var client = Rdmapipe.Run("pingpong", "srq", "-p", "18618", "-q", "4", "-d", "udp://127.0.0.2", "127.0.0.1");
        var run = server.Wait(s_limit);
        Assert.Equal((1, 1), (run.ExitCode, client.ExitCode));
        Assert.Equal("rdmapipe: the peer has 4 queue pairs, not 3: it uses another -q", run.Error.TrimEnd());
    }

    private static JsonObject Report(CommandResult run) => JsonNode.Parse(run.Expect().Output)!.AsObject();
}
