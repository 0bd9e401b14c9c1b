using System.CommandLine;
using RdmaPipeline.Cli.PingPong;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe pingpong rc|uc|ud|srq|xsrq [host]</c>: the exchange of ibv_*_pingpong, as server or client.</summary>
public static class PingPongCommand
{
    private static readonly Argument<string?> s_host = new("host")
    {
        Arity = ArgumentArity.ZeroOrOne, Description = "The server to connect to; without it, wait for a client.",
    };

    private static readonly Option<int> s_port =
        Number("--port", "-p", 18515, "TCP port to listen on or connect to.").Between(1, 65535);

    private static readonly Option<string?> s_device = new("--ib-dev", "-d")
    {
        Description = "Device, such as udp://198.51.100.1 (default: the local address of the TCP connection).",
    };

    private static readonly Option<int> s_devicePort = Number("--ib-port", "-i", 1, "Port of the device.").Between(1, 255);
    private static readonly Option<int> s_size = Number("--size", "-s", 4096, "Bytes of a message.").Between(0, 1 << 30);
    private static readonly Option<int> s_datagramSize =
        Number("--size", "-s", 2048, "Bytes of a message, at most the MTU.").Between(0, 4096);
    private static readonly Option<int> s_mtu = Number("--mtu", "-m", 1024, "Path MTU in bytes.").OneOf(256, 512, 1024, 2048, 4096);
    private static readonly Option<int> s_depth = Number("--rx-depth", "-r", 500, "Receives to keep posted.").Between(1, 32766);
    private static readonly Option<int> s_iterations = Number("--iters", "-n", 1000, "Number of exchanges.").Between(1, int.MaxValue);
    private static readonly Option<int> s_level = Number("--sl", "-l", 0, "Service level.").Between(0, 15);
    private static readonly Option<bool> s_events = new("--events", "-e") { Description = "Sleep on completion events (default: poll)." };
    private static readonly Option<bool> s_check = new("--chk", "-c") { Description = "Validate each received message." };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object." };

    private static readonly Option<int?> s_gid = new Option<int?>("--gid-idx", "-g")
    {
        Description = "Index of the local GID, 0 to 255 (default: the GID of the device's address).",
    }.Between(0, 255);

    private static readonly Option<int> s_timeout =
        Number("--timeout", "-t", 10, "Seconds without a message after which one is taken for lost.").Between(1, 3600);

    // Longer than the retries of a reliable connection take, whose failure says more.
    private static readonly Option<int> s_patience =
        Number("--timeout", "-t", 60, "Seconds without a message after which the peer is taken for dead.").Between(1, 3600);

    private static readonly Option<int> s_clients = Number("--clients", "-c", 1, "Clients to wait for, as server.").Between(1, 256);
    private static readonly Option<int> s_tests =
        Number("--num_tests", "-n", 5, "Messages for each client.").Between(1, int.MaxValue / 256);

    private static readonly Option<int> s_queuePairs =
        Number("--num-qp", "-q", 16, "Queue pairs, as many as the peer has.").Between(1, PingPongServiceTraits.MaxQueuePairs);

    public static Command Create() => new("pingpong", "Exchange messages with a peer that runs ibv_*_pingpong or this command.")
    {
        Create(PingPongService.Rc, "Reliable connection", s_size, s_mtu, s_patience),
        Create(PingPongService.Uc, "Unreliable connection", s_size, s_mtu, s_timeout),
        Create(PingPongService.Ud, "Unreliable datagram", s_datagramSize, s_timeout),
        Create(PingPongService.Srq, "Reliable connections with a shared receive queue", s_size, s_mtu, s_queuePairs, s_patience),
        CreateXsrq(),
    };

    private static Command Create(PingPongService service, string title, params ReadOnlySpan<Option> own)
    {
        var name = service.Name();
        var command = new Command(name, $"{title}: the peer is ibv_{name}_pingpong or 'rdmapipe pingpong {name}'.")
        {
            s_host, s_port, s_device, s_devicePort, s_depth, s_iterations, s_level, s_events, s_gid, s_check, s_json,
            StatOption.Instance, ControlOption.Instance,
        };
        foreach (var option in own) command.Options.Add(option);
        command.Runs((arguments, cancellation) =>
            PingPongProgram.RunAsync(Options(service, arguments), arguments.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static Command CreateXsrq()
    {
        var command = new Command("xsrq", "XRC connections: the peer is ibv_xsrq_pingpong or 'rdmapipe pingpong xsrq'.")
        {
            s_host, s_port, s_device, s_devicePort, s_size, s_mtu, s_clients, s_tests, s_level, s_events, s_gid, s_json,
            s_patience, StatOption.Instance, ControlOption.Instance,
        };
        command.Refuse(
            s_clients, result => result.GetResult(s_host)?.Tokens.Count > 0, "is of the server: leave it out where a host is given");
        command.Runs((arguments, cancellation) => XrcProgram.RunAsync(
            Options(PingPongService.Xsrq, arguments) with
            {
                Iterations = arguments.GetValue(s_tests),
                QueuePairs = arguments.GetValue(s_host) is null ? arguments.GetValue(s_clients) : 1,
            },
            arguments.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static PingPongOptions Options(PingPongService service, ParseResult arguments) => new()
    {
        Service = service,
        Host = arguments.GetValue(s_host),
        Port = arguments.GetValue(s_port),
        Device = arguments.GetValue(s_device),
        DevicePort = arguments.GetValue(s_devicePort),
        Size = arguments.GetValue(service == PingPongService.Ud ? s_datagramSize : s_size),
        Mtu = service == PingPongService.Ud ? PingPongOptions.DefaultMtu : arguments.GetValue(s_mtu),
        ReceiveDepth = arguments.GetValue(s_depth),
        QueuePairs = service == PingPongService.Srq ? arguments.GetValue(s_queuePairs) : 1,
        Iterations = arguments.GetValue(s_iterations),
        ServiceLevel = arguments.GetValue(s_level),
        Events = arguments.GetValue(s_events),
        GidIndex = arguments.GetValue(s_gid),
        Check = arguments.GetValue(s_check),
        Patience = TimeSpan.FromSeconds(arguments.GetValue(service.IsReliable() ? s_patience : s_timeout)),
        Stat = arguments.GetValue(StatOption.Instance),
        Json = arguments.GetValue(s_json),
    };

    private static Option<int> Number(string name, string alias, int otherwise, string description) =>
        new(name, alias) { DefaultValueFactory = _ => otherwise, Description = description };
}
