using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace RdmaPipeline.HostingTests.Page.Browser;

/// <summary>A page in the browser: asks its document, presses its buttons, takes its picture, and hears what it complains of.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Chromium _browser;
    private readonly string _target;
    private readonly string _session;
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<string> _requests = new();

    internal BrowserPage(Chromium browser, string target, string session)
    {
        (_browser, _target, _session) = (browser, target, session);
        browser.Told += Hear;
    }

    /// <summary>Errors of the console, exceptions, and what the content security policy kept from happening.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Addresses the page asked for anything.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Opens an address with a window of this size.</summary>
    public async Task GoAsync(Uri address, int width, int height, bool dark)
    {
        await AskAsync("Emulation.setDeviceMetricsOverride", new JsonObject
        {
            ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false,
        });
        await AskAsync("Emulation.setEmulatedMedia", new JsonObject
        {
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }),
        });
        await AskAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
    }

    /// <summary>What an expression of the page is worth, as JSON.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        var result = await AskAsync("Runtime.evaluate", new JsonObject
        {
            ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true,
        });
        return result["exceptionDetails"] is { } fault
            ? throw new InvalidOperationException($"{expression}: {fault["exception"]?["description"] ?? fault["text"]}")
            : result["result"]!["value"]?.DeepClone();
    }

    /// <summary>Whether an expression of the page is true.</summary>
    public async Task<bool> IsAsync(string expression) => (await EvaluateAsync(expression))!.GetValue<bool>();

    /// <summary>The text of an element.</summary>
    public async Task<string> TextAsync(string selector) =>
        (await EvaluateAsync($"document.querySelector({Quote(selector)}).textContent"))!.GetValue<string>();

    /// <summary>Clicks an element as a hand does: at its middle, so that it has to be visible and on top.</summary>
    public async Task ClickAsync(string selector)
    {
        var place = await EvaluateAsync(
            $"(() => {{ const e = document.querySelector({Quote(selector)}); e.scrollIntoView({{ block: 'center' }}); "
            + "const r = e.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()");
        foreach (string kind in new[] { "mousePressed", "mouseReleased" })
        {
            await AskAsync("Input.dispatchMouseEvent", new JsonObject
            {
                ["type"] = kind, ["x"] = place!["x"]!.DeepClone(), ["y"] = place["y"]!.DeepClone(), ["button"] = "left", ["clickCount"] = 1,
            });
        }
    }

    /// <summary>Types into what has the focus.</summary>
    public Task TypeAsync(string text) => AskAsync("Input.insertText", new JsonObject { ["text"] = text });

    /// <summary>Waits until an expression is true, looked at with each frame that the page draws.</summary>
    public async Task UntilAsync(string expression)
    {
        try
        {
            await EvaluateAsync(
                $"new Promise(done => {{ const look = () => ({expression}) ? done(true) : requestAnimationFrame(look); look(); }})")
                .WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{expression} did not become true; the page says: {string.Join("; ", Complaints)}");
        }
    }

    /// <summary>Puts a picture of the whole page into <c>TestResults</c> beside the test's assembly.</summary>
    /// <returns>The file.</returns>
    public async Task<string> KeepPictureAsync(string name)
    {
        await EvaluateAsync("scrollTo(0, 0)");
        var picture = await AskAsync("Page.captureScreenshot", new JsonObject { ["captureBeyondViewport"] = true });
        string path = Path.Combine(AppContext.BaseDirectory, "TestResults", $"{name}.png");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, Convert.FromBase64String(picture["data"]!.GetValue<string>()));
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        _browser.Told -= Hear;
        await _browser.AskAsync("Target.closeTarget", new JsonObject { ["targetId"] = _target });
    }

    internal async Task WatchAsync()
    {
        foreach (string domain in new[] { "Page", "Runtime", "Log", "Network" })
            await AskAsync($"{domain}.enable", []);
    }

    private static string Quote(string text) => JsonValue.Create(text).ToJsonString();

    private Task<JsonNode> AskAsync(string method, JsonObject arguments) => _browser.AskAsync(method, arguments, _session);

    private void Hear(string? session, string method, JsonNode told)
    {
        if (session != _session)
            return;
        if (method == "Network.requestWillBeSent")
            _requests.Enqueue(told["request"]!["url"]!.GetValue<string>());
        else if (method is "Runtime.exceptionThrown" or "Log.entryAdded" || (method == "Runtime.consoleAPICalled" && IsError(told)))
            _complaints.Enqueue(told.ToJsonString());
    }

    private static bool IsError(JsonNode told) => told["type"]!.GetValue<string>() is "error" or "warning" or "assert";
}
