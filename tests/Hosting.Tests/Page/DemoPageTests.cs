using System.Text.Json;
using RdmaPipeline.Cli.Commands;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.HostingTests.Page;

/// <summary><c>rdmapipe demo --page</c>.</summary>
[Collection(DeviceCollection.Name)]
public sealed class DemoPageTests
{
    [Fact]
    public async Task TheDemonstrationIsWatchedWhileItRuns()
    {
        var (output, error) = (new StringWriter(), new FirstLine());
        var running = Task.Run(() => RdmapipeCommand.RunAsync(
            ["demo", "--reshape", "--seconds", "3", "--json", "--page", "0"], TextWriter.Synchronized(output), TextWriter.Synchronized(error)));
        string line = await error.Task.WaitAsync(TimeSpan.FromSeconds(30));
        using var client = new HttpClient { BaseAddress = new Uri(line["The page is at ".Length..]) };
        var snapshot = JsonSerializer.Deserialize(await client.GetStringAsync("snapshot"), SnapshotJson.Default.PipelineSnapshot)!;
        Assert.Contains(snapshot.Devices, device => device.Name.StartsWith("reshape-", StringComparison.Ordinal));
        Assert.Equal(0, await running);
        Assert.Contains("\"lost\":0", output.ToString().Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APortBeyondItsLimitsIsRefused()
    {
        var error = new StringWriter();
        Assert.Equal(1, await RdmapipeCommand.RunAsync(["demo", "--page", "65536"], TextWriter.Null, error));
        Assert.Contains("--page 65536 is not within 0 to 65535", error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Hands on the first line that is written.</summary>
    private sealed class FirstLine : StringWriter
    {
        private readonly TaskCompletionSource<string> _line = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Task => _line.Task;

        public override void WriteLine(string? value) => _line.TrySetResult(value ?? "");
    }
}
