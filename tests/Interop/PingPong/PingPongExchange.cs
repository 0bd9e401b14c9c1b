using System.Diagnostics;
using System.Text.Json.Nodes;
using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>One run of <c>rdmapipe pingpong</c> against the guest's ibv_*_pingpong, and what the guest counted.</summary>
public sealed record PingPongExchange(bool WeServe, bool Ipv6, int Size, int Iterations)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(45);
    private static int s_nextPort = 20_000;

    /// <summary>The service: rc, uc, ud or srq.</summary>
    public string Service { get; init; } = "rc";

    /// <summary>Further options for our side and for the guest's.</summary>
    public string[] OurOptions { get; init; } = [];

    public string GuestOptions { get; init; } = "";

    /// <summary>What the end of the exchange may find on its way.</summary>
    public UncountedPackets Left { get; init; }

    /// <summary>Both ends run to their end; the caller is in the namespace of the guest.</summary>
    public PingPongOutcome Run(RxeGuest guest, GuestVerbs agent)
    {
        var port = Interlocked.Increment(ref s_nextPort);
        var before = agent.Counters();
        var watch = Stopwatch.StartNew();
        var (ours, theirs) = WeServe ? Serve(guest, port) : Call(guest, agent, port);
        var elapsed = watch.Elapsed;
        return new(ours, theirs, JsonNode.Parse(ours.Output)!.AsObject(), agent.Counters().Since(before), elapsed)
        {
            Left = Left, MessagePackets = Math.Max(1, (Size + guest.PathMtu - 1) / guest.PathMtu),
        };
    }

    private (CommandResult Ours, CommandResult Theirs) Serve(RxeGuest guest, int port)
    {
        using var server = guest.StartHere(Ours(guest, port));
        Await(server, () => LocalListeners.Has(port));
        using var client = guest.StartInGuest($"{Theirs(guest, port)} {RxeGuest.HostAddress(Ipv6)}");
        var ours = server.Wait(s_limit).Expect();
        return (ours, client.Wait(s_limit));
    }

    private (CommandResult Ours, CommandResult Theirs) Call(RxeGuest guest, GuestVerbs agent, int port)
    {
        using var server = guest.StartInGuest(Theirs(guest, port));
        Await(server, () => agent.Listening(port));
        // ibv_*_pingpong as server listens on IPv4 alone, so for IPv6 the device has to be named.
        string[] device = Ipv6 ? ["-d", $"udp://[{RxeGuest.HostAddress(Ipv6)}]"] : [];
        using var client = guest.StartHere([.. Ours(guest, port), .. device, RxeGuest.GuestAddress(ipv6: false).ToString()]);
        var ours = client.Wait(s_limit).Expect();
        return (ours, server.Wait(s_limit));
    }

    private string[] Ours(RxeGuest guest, int port) =>
    [
        Path.Combine(AppContext.BaseDirectory, "rdmapipe"), "pingpong", Service, "-p", $"{port}", "-s", $"{Size}", "-n", $"{Iterations}",
        "-c", "--json", .. PathMtu(guest), .. OurOptions,
    ];

    private string Theirs(RxeGuest guest, int port) =>
        $"ibv_{Service}_pingpong -d rxe0 -g {RxeGuest.GidIndex(Ipv6)} -p {port} -s {Size} -n {Iterations} -c " +
        $"{string.Join(' ', PathMtu(guest))} {GuestOptions}";

    // A datagram has the MTU of the port.
    private string[] PathMtu(RxeGuest guest) => Service == "ud" ? [] : ["-m", $"{guest.PathMtu}"];

    /// <summary>Asks again until a server listens; each question is a round trip, and a server that ends is an error.</summary>
    public static void Await(Command server, Func<bool> listening)
    {
        var watch = Stopwatch.StartNew();
        while (!listening())
        {
            if (!server.Running || watch.Elapsed > s_limit)
                throw new InvalidOperationException($"the server does not listen: {server.Wait(TimeSpan.Zero)}");
            Thread.Yield();
        }
    }
}
