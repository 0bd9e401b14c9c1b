using RdmaPipeline.Benchmarks;
using RdmaPipeline.Verbs;

// dotnet run -c Release --project tests/Benchmarks -- [rounds [milliseconds per sample]] [--json] [--only TEXT]
// dotnet run -c Release --project tests/Benchmarks -- --idle 65536
// dotnet run -c Release --project tests/Benchmarks -- --fabric 100
// dotnet run -c Release --project tests/Benchmarks -- --telemetry 40 [--sample MILLISECONDS]
// dotnet run -c Release --project tests/Benchmarks -- --reshape 2000
var arguments = args.ToList();
var json = arguments.Remove("--json");
var only = Option("--only");
if (Option("--idle") is { } idle)
{
    IdleQueuePairs.Measure(int.Parse(idle), Console.Out);
    return 0;
}

if (Option("--fabric") is { } starts)
{
    FabricStart.Measure(int.Parse(starts), Console.Out);
    return 0;
}

if (Option("--telemetry") is { } pairs)
{
    TelemetryCost.Measure(int.Parse(pairs), TimeSpan.FromMilliseconds(double.Parse(Option("--sample") ?? "500")), Console.Out);
    return 0;
}

if (Option("--reshape") is { } edits)
{
    ReshapePause.Measure(int.Parse(edits), Console.Out);
    return 0;
}

var rounds = arguments.Count > 0 ? int.Parse(arguments[0]) : 7;
var sampleTime = TimeSpan.FromMilliseconds(arguments.Count > 1 ? double.Parse(arguments[1]) : 1000);

Func<IBenchmarkCase>[] contenders =
[
    () => new TcpStreamCase(),
    () => new RawUdpStreamCase(4096),
    () => new RawUdpStreamCase(1024),
    () => new RcWriteStreamCase("RC WRITE, UDP, MTU 4096", "udp://127.0.0.11", "udp://127.0.0.12", PathMtu.Mtu4096),
    () => new RcWriteStreamCase("RC WRITE, UDP, MTU 1024", "udp://127.0.0.13", "udp://127.0.0.14", PathMtu.Mtu1024),
    () => new RcWriteStreamCase("RC WRITE, in memory", "mem://b1/a?icrc=off", "mem://b1/b?icrc=off", PathMtu.Mtu4096),
    () => new RcWriteStreamCase("RC WRITE, in memory, ICRC", "mem://b2/a", "mem://b2/b", PathMtu.Mtu4096),
    () => new TcpByteStreamCase(),
    () => new RdmaByteStreamCase("RdmaStream, UDP", "udp://127.0.0.17", "udp://127.0.0.18", byPipes: false),
    () => new RdmaByteStreamCase("RdmaDuplexPipe, UDP", "udp://127.0.0.19", "udp://127.0.0.20", byPipes: true),
    () => new RdmaByteStreamCase("RdmaStream, in memory", "mem://b5/a?icrc=off", "mem://b5/b?icrc=off", byPipes: false),
    () => new RdmaByteStreamCase("RdmaDuplexPipe, in memory", "mem://b6/a?icrc=off", "mem://b6/b?icrc=off", byPipes: true),
    () => new TcpPingPongCase(),
    () => new RawUdpPingPongCase(),
    () => new RcPingPongCase("RC SEND, UDP", "udp://127.0.0.15", "udp://127.0.0.16"),
    () => new RcPingPongCase("RC SEND, in memory", "mem://b3/a?icrc=off", "mem://b3/b?icrc=off"),
    () => new RcPingPongCase("RC SEND, in memory, ICRC", "mem://b4/a", "mem://b4/b"),
];

var cases = contenders.Select(make => make()).Where(IsWanted).ToList();
var samples = Interleaved.Run(cases, rounds, sampleTime, Console.Error.WriteLine);
if (json)
    Report.Json(samples, Console.OpenStandardOutput());
else
    Report.Print(samples, Console.Out);
cases.ForEach(c => c.Dispose());
return 0;

bool IsWanted(IBenchmarkCase contender)
{
    var wanted = only is null || contender is TcpStreamCase or TcpPingPongCase or TcpByteStreamCase
        || contender.Name.Contains(only, StringComparison.OrdinalIgnoreCase);
    if (!wanted)
        contender.Dispose();
    return wanted;
}

string? Option(string name)
{
    var index = arguments.IndexOf(name);
    if (index < 0)
        return null;
    var value = arguments[index + 1];
    arguments.RemoveRange(index, 2);
    return value;
}
