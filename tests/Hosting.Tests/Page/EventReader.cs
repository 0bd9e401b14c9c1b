using System.Text.Json;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>Reads the page's stream as a program does, and keeps all of it.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private readonly HttpClient _client = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly List<PipelineSnapshot> _seen = [];
    private readonly Task _reading;

    public EventReader(Uri page) => _reading = Task.Run(() => ReadAsync(new Uri(page, "events")));

    public IReadOnlyList<PipelineSnapshot> Seen
    {
        get
        {
            lock (_gate)
                return [.. _seen];
        }
    }

    /// <summary>Completes when the page has ended the stream; fails when it was cut off.</summary>
    public Task Ended => _reading;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _reading;
        _client.Dispose();
        _ending.Dispose();
    }

    private async Task ReadAsync(Uri events)
    {
        try
        {
            using var lines = new StreamReader(await _client.GetStreamAsync(events, _ending.Token));
            while (await lines.ReadLineAsync(_ending.Token) is { } line)
            {
                if (line.Length == 0)
                    continue;
                var snapshot = JsonSerializer.Deserialize(line["data: ".Length..], SnapshotJson.Default.PipelineSnapshot)!;
                lock (_gate)
                    _seen.Add(snapshot);
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }
}
