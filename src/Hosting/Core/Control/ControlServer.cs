using System.Net.Sockets;
using RdmaPipeline.Hosting.Monitoring;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Control;

/// <summary>
/// The control socket of this process, by which <c>rdmapipe</c> of the same user looks into its pipelines: a Unix domain socket in the
/// <see cref="ControlDirectory"/>, one JSON request and one JSON reply per line. It reads counters and never stands in the way of packets.
/// It goes away when it is disposed of, and when the process ends.
/// </summary>
public sealed class ControlServer : IAsyncDisposable
{
    /// <summary>Clients served at a time; more are turned away.</summary>
    public const int MaxClients = 8;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly Lock s_gate = new();
    private static ControlServer? s_running;

    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _places = new(MaxClients, MaxClients);
    private readonly ControlServerOptions _options;
    private readonly IncidentLog _incidents;
    private readonly Socket _socket;
    private readonly Task _working;
    private int _disposed;

    private ControlServer(ControlServerOptions options)
    {
        _options = options;
        _incidents = options.Incidents ?? new IncidentLog();
        Path = ControlDirectory.SocketOf(Environment.ProcessId);
        _socket = Bind(Path);
        AppDomain.CurrentDomain.ProcessExit += RemoveSocket;
        _working = Task.WhenAll(ServeAsync(), options.Incidents is null ? WatchAsync() : Task.CompletedTask);
    }

    /// <summary>The socket.</summary>
    public string Path { get; }

    /// <summary>Opens the control socket of this process.</summary>
    /// <param name="options">What it shows; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">This process has one already.</exception>
    /// <exception cref="IOException">There is no place for it.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory belongs to somebody else.</exception>
    /// <exception cref="SocketException">It cannot be made.</exception>
    public static ControlServer Start(ControlServerOptions? options = null)
    {
        lock (s_gate)
        {
            if (s_running is not null)
                throw new InvalidOperationException($"this process has a control socket already: {s_running.Path}");
            return s_running = new ControlServer(options ?? new ControlServerOptions());
        }
    }

    /// <summary>Removes the socket and turns all clients away.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        AppDomain.CurrentDomain.ProcessExit -= RemoveSocket;
        File.Delete(Path);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _working.ConfigureAwait(false);
        // Every session has given its place back: none uses what is disposed of.
        for (int place = 0; place < MaxClients; place++)
            await _places.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _places.Dispose();
        _stopping.Dispose();
        lock (s_gate)
            s_running = null;
    }

    // Nobody can connect before it listens, and then it is the owner's alone. What lies there is of a process with the same number before.
    private static Socket Bind(string path)
    {
        ControlDirectory.Prepare();
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, OwnerOnly);
            socket.Listen(MaxClients);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                if (_places.Wait(0))
                    _ = ServeAsync(client);
                else
                    client.Dispose();
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The socket was closed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            var observer = new PipelineObserver(_incidents, serviceOf: _options.ServiceOf, processName: _options.ProcessName);
            await new ControlSession(stream, observer, _options).RunAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // The client went away, or said nothing, or the server stops.
        }
        finally
        {
            _places.Release();
        }
    }

    private Task WatchAsync() =>
        new PipelineMonitor(new PipelineObserver(serviceOf: _options.ServiceOf), _incidents, s_period, blockedThreshold: 0.5)
            .RunAsync(_stopping.Token);

    private void RemoveSocket(object? sender, EventArgs end) => File.Delete(Path);
}
