using System.Diagnostics;
using System.Net;

namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>
/// A running guest with Linux Soft-RoCE (rxe0), in a network namespace of its own name: several may run side by side, all
/// with the same addresses.
/// </summary>
public sealed class RxeGuest : IDisposable
{
    /// <summary>The TCP port of guest/verbs_peer.py in the guest.</summary>
    private const int PeerPort = 7471;

    private readonly Dictionary<string, string> _environment;
    private readonly Lock _stopping = new();
    private bool _stopped;

    private RxeGuest(int linkMtu)
    {
        LinkMtu = linkMtu;
        Namespace = new NetworkNamespace($"rdmapipe{Environment.ProcessId}m{linkMtu}");
        _environment = new() { ["RXE_NETNS"] = Namespace.Name };
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>The MTU of the Ethernet link: 1500 gives path MTU 1024, 9000 gives 4096.</summary>
    public int LinkMtu { get; }

    public int PathMtu => LinkMtu >= 4096 + 80 ? 4096 : 1024;

    public NetworkNamespace Namespace { get; }

    /// <summary>Boots a guest and starts the program of <see cref="GuestVerbs"/> in it.</summary>
    public static RxeGuest Start(int linkMtu)
    {
        var watch = Stopwatch.StartNew();
        var guest = new RxeGuest(linkMtu);
        try
        {
            // Booted as anything else: a kernel that calibrates its timers does not stand being scheduled in turns of 100 ms.
            string[] machine = ["--mtu", $"{linkMtu}", "--smp", "1", "--mem", "768", "--max-life", "1200"];
            guest.Plain(TimeSpan.FromMinutes(2), ["start", .. machine]).Expect();
            var program = Path.Combine(AppContext.BaseDirectory, "guest", "verbs_peer.py");
            guest.Script(TimeSpan.FromSeconds(30), "put", program, "/tmp/verbs_peer.py").Expect();
            guest.Execute($"(setsid python3 /tmp/verbs_peer.py {PeerPort} >/tmp/verbs_peer.log 2>&1 </dev/null &) ; " +
                "until grep -q ready /tmp/verbs_peer.log; do sleep 0.05; done").Expect();
            var processes = Command.Run("ip", ["netns", "pids", guest.Namespace.Name], TimeSpan.FromSeconds(10)).Expect();
            Urgency.Raise(Urgency.Guest, processes.Output);
        }
        catch
        {
            guest.Dispose();
            throw;
        }

        Console.WriteLine($"guest with link MTU {linkMtu} is ready after {watch.Elapsed.TotalSeconds:0.0} s");
        return guest;
    }

    /// <summary>The address of this side of the wire.</summary>
    public static IPAddress HostAddress(bool ipv6) => IPAddress.Parse(ipv6 ? "2001:2::1" : "198.18.0.1");

    /// <summary>The guest's address; also its GID.</summary>
    public static IPAddress GuestAddress(bool ipv6) => IPAddress.Parse(ipv6 ? "2001:2::2" : "198.18.0.2");

    /// <summary>The index of that GID in rxe0's table.</summary>
    public static int GidIndex(bool ipv6) => ipv6 ? 2 : 1;

    /// <summary>Runs a shell command in the guest.</summary>
    public CommandResult Execute(string command, int seconds = 60) => Script(TimeSpan.FromSeconds(seconds), "exec", command);

    /// <summary>Starts a shell command in the guest; disposing it ends it there, too.</summary>
    public Command StartInGuest(string command) => Start(Urgency.Guest, "exec", command);

    /// <summary>Starts a program of this machine inside the namespace.</summary>
    public Command StartHere(params IEnumerable<string> command) => Start(Urgency.Ours, ["ns", .. command]);

    /// <summary>A connection to the program of <see cref="GuestVerbs"/>; call it inside the namespace.</summary>
    public GuestVerbs Connect() => new(new IPEndPoint(GuestAddress(ipv6: false), PeerPort));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_stopping)
        {
            if (_stopped) return;
            _stopped = true;
            Plain(TimeSpan.FromSeconds(30), "stop", "--all");
        }
    }

    private static string Run => Path.Combine(RxePeer.Folder!, "run");

    private CommandResult Script(TimeSpan limit, params IEnumerable<string> arguments)
    {
        using var command = Start(Urgency.Guest, arguments);
        return command.Wait(limit);
    }

    private CommandResult Plain(TimeSpan limit, params IEnumerable<string> arguments) => Command.Run(Run, arguments, limit, _environment);

    private Command Start(int urgency, params IEnumerable<string> arguments) => Urgency.Start(urgency, Run, arguments, _environment);
}
