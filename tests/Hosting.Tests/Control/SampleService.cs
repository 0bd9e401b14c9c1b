using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RdmaPipeline.HostingTests.Control;

/// <summary>The sample service as a process of its own, that can be looked into.</summary>
internal sealed class SampleService : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;

    private SampleService(int port, (string Name, string Value)[] environment)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "service");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "Service.dll"), "--urls", $"http://127.0.0.1:{port}"])
        {
            RedirectStandardOutput = true, WorkingDirectory = folder,
        };
        start.Environment["RDMAPIPE_CONTROL"] = "1";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        Page = new Uri($"http://127.0.0.1:{port}/rdma/");
        Health = new Uri($"http://127.0.0.1:{port}/health");
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
    }

    public int ProcessId => _process.Id;

    public Uri Health { get; }

    public Uri Page { get; }

    public static async Task<SampleService> StartAsync(params (string Name, string Value)[] environment)
    {
        var service = new SampleService(FreePort(), environment);
        using var http = new HttpClient();
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var limit = new CancellationTokenSource(s_patience);
        while (!await service.AnswersAsync(http))
            await clock.WaitForNextTickAsync(limit.Token);
        return service;
    }

    /// <summary>Does something that needs it; where it ends meanwhile, that is the fault, with what it has said.</summary>
    public async Task WhileItRunsAsync(Func<Task> work)
    {
        using var over = new CancellationTokenSource();
        var (working, ended) = (work(), _process.WaitForExitAsync(over.Token));
        if (await Task.WhenAny(working, ended) == ended)
            Assert.Fail($"the service has ended:\n{await _output}");
        await over.CancelAsync();
        await working;
    }

    /// <summary>Asks it to end as a service is asked, and returns what it has said.</summary>
    public async Task<string> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])!;
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        return await _output;
    }

    /// <summary>Ends it without a chance to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(s_patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(HttpClient http)
    {
        Assert.False(_process.HasExited);
        try
        {
            return (await http.GetAsync(Health)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
