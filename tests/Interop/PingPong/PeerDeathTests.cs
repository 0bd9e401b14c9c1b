using System.Diagnostics;
using System.Net.Sockets;
using RdmaPipeline.Cli;
using RdmaPipeline.Cli.PingPong;
using RdmaPipeline.InteropTests.Cli;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>
/// A peer that is killed in the middle of an exchange. What was under way to it ends with RETRY_EXC_ERR; who waits for it with nothing
/// under way ends when its patience does. Nobody waits for ever.
/// </summary>
public sealed class PeerDeathTests
{
    private const string Host = "127.0.0.1";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(18_631, PingPongService.Rc, true)]
    [InlineData(18_632, PingPongService.Srq, false)]
    [InlineData(18_633, PingPongService.Xsrq, true)]
    [InlineData(18_634, PingPongService.Xsrq, false)]
    public async Task WhoIsLeftSaysSo(int port, PingPongService service, bool sleeps)
    {
        var options = new PingPongOptions
        {
            Service = service, Iterations = int.MaxValue / 256, QueuePairs = service == PingPongService.Srq ? 4 : 1, Events = sleeps,
            Patience = TimeSpan.FromSeconds(5),
        };
        using var listener = PingPongRendezvous.Listen(port);
        string[] queuePairs = service == PingPongService.Srq ? ["-q", "4"] : [];
        using var peer = Rdmapipe.Start(["pingpong", service.Name(), "-p", $"{port}", "-n", $"{options.Iterations}", .. queuePairs,
            Host, "-d", "udp://127.0.0.2"]);
        using var device = RdmaPipelineDevice.Open($"udp://{Host}");
        using var rendezvous = await PingPongRendezvous.AcceptAsync(listener, default);
        using var session = service == PingPongService.Xsrq ? (IDisposable)new XrcSession(device, device.SelectGid(), options)
            : new PingPongSession(device, device.SelectGid(), options);
        var run = await StartAsync(session, rendezvous);
        Await(() => run.IsCompleted || device.GetPipeline().HardwareCounters["rdma_recvs"] >= 100);
        Assert.False(run.IsCompleted, $"{run.Exception}");
        peer.Kill();
        var fault = await Assert.ThrowsAsync<CliException>(() => run.WaitAsync(s_limit));
        // At least one of the hundred was polled before.
        Assert.Matches(
            @"^(nothing came for 5 s after .*[1-9]\d* (messages )?received of \d+: the peer has stopped"
            + @"|send ([2-9]|\d\d+) of \d+ failed: RetryExceededError|a send failed after [1-9]\d* messages: RetryExceededError)$",
            fault.Message);
    }

    /// <summary>A peer that exchanges addresses and then says nothing: the tool itself, with -t.</summary>
    [Theory]
    [InlineData(18_641, "rc", "nothing came for 1 s after 0 messages sent and 0 received of 1000: the peer has stopped")]
    [InlineData(18_642, "srq", "nothing came for 1 s after 0 messages sent and 0 received of 1000: the peer has stopped")]
    public void ASilentPeerIsGivenUp(int port, string service, string error)
    {
        using var server = Rdmapipe.Start("pingpong", service, "-p", $"{port}", "-t", "1");
        PingPongExchange.Await(server, () => LocalListeners.Has(port));
        using var silent = new TcpClient(Host, port);
        var addresses = Enumerable.Repeat(PingPongDestination.None, service == "srq" ? 256 : 1).ToArray();
        for (var i = 0; i < (service == "srq" ? 16 : 1); i++) addresses[i] = addresses[i] with { QueuePairNumber = 0x11 + (uint)i };
        silent.Client.Send([.. addresses.SelectMany(end => (end with { Gid = Gid.Parse("::ffff:127.0.0.2") }).ToMessage())]);
        silent.Client.Send("done\0"u8);
        var run = server.Wait(s_limit);
        Assert.Equal((1, $"rdmapipe: {error}"), (run.ExitCode, run.Error.TrimEnd()));
    }

    private static async Task<Task<TimeSpan>> StartAsync(IDisposable session, PingPongRendezvous rendezvous)
    {
        if (session is XrcSession xrc)
        {
            xrc.Connect(0, await rendezvous.ExchangeAsync(xrc.Local(0), default));
            return Task.Run(() => xrc.RunAsync(first: true, default));
        }

        var pingPong = (PingPongSession)session;
        await rendezvous.ExchangeAsync(pingPong.Locals, pingPong.Locals.Count == 1 ? 1 : 256, pingPong.Connect, default);
        return Task.Run(() => pingPong.RunAsync(first: false, default));
    }

    private static void Await(Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < s_limit, "the exchange does not begin");
            Thread.Yield();
        }
    }
}
