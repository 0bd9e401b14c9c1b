using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace RdmaPipeline.HostingTests.Page.Browser;

/// <summary>A headless Chromium, spoken to by its DevTools protocol: commands have numbers, answers come back with them.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<int, TaskCompletionSource<JsonNode>> _asked = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private Task _reading = Task.CompletedTask;
    private int _last;

    private Chromium(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>Something a page told, with its session.</summary>
    public event Action<string?, string, JsonNode>? Told;

    /// <summary>Why there is no browser here; null when there is one.</summary>
    public static string? Missing { get; } = s_places.Any(File.Exists) ? null : $"no browser: none of {string.Join(", ", s_places)} exists";

    public static async Task<Chromium> StartAsync()
    {
        string profile = Directory.CreateTempSubdirectory("rdmapipe-page-").FullName;
        var start = new ProcessStartInfo(s_places.First(File.Exists))
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
            ArgumentList =
            {
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0",
                $"--user-data-dir={profile}", "about:blank",
            },
        };
        var chromium = new Chromium(Process.Start(start)!, profile);
        const string Listening = "DevTools listening on ";
        string? line;
        do
        {
            line = await chromium._process.StandardError.ReadLineAsync() ?? throw new IOException("the browser ended before it was ready");
        }
        while (!line.StartsWith(Listening, StringComparison.Ordinal));
        _ = chromium._process.StandardError.ReadToEndAsync();
        _ = chromium._process.StandardOutput.ReadToEndAsync();
        await chromium._socket.ConnectAsync(new Uri(line[Listening.Length..]), CancellationToken.None);
        chromium._reading = Task.Run(chromium.ReadAsync);
        return chromium;
    }

    /// <summary>Opens an empty page.</summary>
    public async Task<BrowserPage> OpenAsync()
    {
        var target = await AskAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        string id = target["targetId"]!.GetValue<string>();
        var session = await AskAsync("Target.attachToTarget", new JsonObject { ["targetId"] = id, ["flatten"] = true });
        var page = new BrowserPage(this, id, session["sessionId"]!.GetValue<string>());
        await page.WatchAsync();
        return page;
    }

    /// <summary>Sends a command and waits for its answer.</summary>
    public async Task<JsonNode> AskAsync(string method, JsonObject arguments, string? session = null)
    {
        var answer = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        int id = Interlocked.Increment(ref _last);
        lock (_gate)
            _asked[id] = answer;
        var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = arguments };
        if (session is not null)
            command["sessionId"] = session;
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(
                System.Text.Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        _socket.Dispose();
        _sending.Dispose();
        Directory.Delete(_profile, recursive: true);
    }

    private async Task ReadAsync()
    {
        var message = new MemoryStream();
        byte[] piece = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var got = await _socket.ReceiveAsync(piece, CancellationToken.None);
                message.Write(piece, 0, got.Count);
                if (!got.EndOfMessage)
                    continue;
                Take(JsonNode.Parse(message.ToArray())!);
                message.SetLength(0);
            }
        }
        catch (WebSocketException gone)
        {
            lock (_gate)
            {
                foreach (var waiting in _asked.Values)
                    waiting.TrySetException(gone);
            }
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is not { } id)
        {
            Told?.Invoke(message["sessionId"]?.GetValue<string>(), message["method"]!.GetValue<string>(), message["params"]!);
            return;
        }

        TaskCompletionSource<JsonNode>? asked;
        lock (_gate)
            _asked.Remove(int.Parse(id.ToString(), CultureInfo.InvariantCulture), out asked);
        if (message["error"] is { } error)
            asked?.TrySetException(new InvalidOperationException(error.ToJsonString()));
        else
            asked?.TrySetResult(message["result"]!);
    }
}
