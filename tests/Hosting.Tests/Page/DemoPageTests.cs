using System.Text.Json;
using RdmaPipeline.Cli.Commands;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.HostingTests.Page;

/// <summary><c>rdmapipe demo --page</c>.</summary>
[Collection(DeviceCollection.Name)]
public sealed class DemoPageTests
{
    // Each of the two devices begins with revision 1.
    private const long AtFirst = 2;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // The demonstration lasts until it was seen to change: how soon a busy machine comes to look at it is no matter of this test.
    [Fact]
    public async Task TheDemonstrationIsWatchedWhileItsGraphsChange()
    {
        var (output, error) = (new StringWriter(), new FirstLine());
        using var ending = new CancellationTokenSource();
        var running = RdmapipeCommand.RunAsync(
            ["demo", "--reshape", "--seconds", "86400", "--json", "--page", "0"], TextWriter.Synchronized(output),
            TextWriter.Synchronized(error), ending.Token);
        string line = await error.Task.WaitAsync(s_patience);
        using var client = new HttpClient { BaseAddress = new Uri(line["The page is at ".Length..]), Timeout = s_patience };
        while (await RevisionsAsync(client) <= AtFirst)
            Assert.False(running.IsCompleted, $"the demonstration has ended: {error}");
        await ending.CancelAsync();
        Assert.Equal(CommandRunner.Interrupted, await running);
        using var report = JsonDocument.Parse(output.ToString());
        Assert.Equal(0, report.RootElement.GetProperty("lost").GetInt64());
        Assert.True(report.RootElement.GetProperty("edits").GetInt32() > 0);
    }

    [Fact]
    public async Task APortBeyondItsLimitsIsRefused()
    {
        var error = new StringWriter();
        Assert.Equal(1, await RdmapipeCommand.RunAsync(["demo", "--page", "65536"], TextWriter.Null, error));
        Assert.Contains("--page 65536 is not within 0 to 65535", error.ToString(), StringComparison.Ordinal);
    }

    // The sum over both devices of the demonstration; 0 before they are open.
    private static async Task<long> RevisionsAsync(HttpClient client)
    {
        var snapshot = JsonSerializer.Deserialize(await client.GetStringAsync("snapshot"), SnapshotJson.Default.PipelineSnapshot)!;
        return snapshot.Devices.Where(device => device.Name.StartsWith("reshape-", StringComparison.Ordinal))
            .Sum(device => device.Graph.Revision);
    }

    /// <summary>Hands on the first line that is written, and keeps all.</summary>
    private sealed class FirstLine : StringWriter
    {
        private readonly TaskCompletionSource<string> _line = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Task => _line.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            _line.TrySetResult(value ?? "");
        }
    }
}
