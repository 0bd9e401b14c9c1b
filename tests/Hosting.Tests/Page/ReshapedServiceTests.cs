using System.Text.Json.Nodes;
using RdmaPipeline.HostingTests.Control;
using RdmaPipeline.HostingTests.Page.Browser;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Collectors;
using Xunit.Abstractions;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>The sample service in a process of its own, under load: reshaped from its page while a collector listens.</summary>
[Collection(DeviceCollection.Name)]
public sealed class ReshapedServiceTests(PageBrowser browser, ITestOutputHelper output) : IClassFixture<PageBrowser>
{
    private const string Device = "service/front";

    // The graph has a stage of that name already, behind decode.
    private const string Added = "largest_packet-2";

    [SkippableFact]
    public async Task PageSpansAndMetricsShowEachRevisionAndNothingIsLost()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using var receiver = new OtlpReceiver();
        await using var service = await SampleService.StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Grpc.ToString()), ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("RdmaPipeline__Devices__front__Traces__SampleInterval", "16"));
        await service.WhileItRunsAsync(() => ReshapeThriceAsync(service.Page, receiver));
        string said = await service.StopAsync();
        Assert.Contains("rounds, each as it was sent", said, StringComparison.Ordinal);
        CheckWhatArrived(receiver, said);
    }

    private async Task ReshapeThriceAsync(Uri address, OtlpReceiver receiver)
    {
        await using var page = await OpenAsync(address);

        await page.EvaluateAsync("document.getElementById('edit-edge').value = JSON.stringify(['encode', 'out'])");
        await page.EvaluateAsync("document.getElementById('edit-offer').value = 'largest_packet'");
        await ReshapeAsync(page, receiver, "insert", 2);
        await page.UntilAsync($"{Front}.graph.stages.find(stage => stage.name === '{Added}')?.itemsPerSecond > 0");
        await page.EvaluateAsync("document.getElementById('edit-preset').value = 'Queued'");
        await ReshapeAsync(page, receiver, "preset", 3);
        await page.UntilAsync("history.of(`${live.device}/sent`).length > 16");
        output.WriteLine(await page.KeepPictureAsync("service-reshaped"));
        await page.EvaluateAsync($"document.getElementById('edit-stage').value = '{Added}'");
        await ReshapeAsync(page, receiver, "remove", 4);
        Assert.Equal("[]", (await page.EvaluateAsync(s_lost))!.ToJsonString());
        Assert.Empty(page.Complaints);
    }

    private const string Front = $"live.snapshot.devices.find(device => device.name === '{Device}')";

    // What was repeated because a busy machine was late to acknowledge it is no loss; a packet that is lost is out_of_sequence.
    private static readonly string[] s_repeats = [DropReasons.Name(DropReason.Duplicate), DropReasons.Name(DropReason.StaleAck)];

    private static readonly string s_lost = "live.snapshot.devices.flatMap(device => Object.keys(device.dropped))"
        + $".filter(reason => !['{string.Join("', '", s_repeats)}'].includes(reason))";

    private async Task<BrowserPage> OpenAsync(Uri address)
    {
        var page = await browser.OpenAsync();
        await page.GoAsync(address, 1440, 900, dark: false);
        await page.UntilAsync("document.readyState === 'complete' && document.body.dataset.time !== undefined");
        await page.ClickAsync($"#tabs [data-device='{Device}']");
        await page.UntilAsync($"live.device === '{Device}' && document.getElementById('edit-edge').options.length > 0");
        await page.UntilAsync($"live.measured && {Front}.sent.packetsPerSecond > 0");
        return page;
    }

    // Presses the button; then the page, the spans and the metrics have the revision, and packets go on.
    private async Task ReshapeAsync(BrowserPage page, OtlpReceiver receiver, string action, long revision)
    {
        await page.ClickAsync($"[data-action={action}] button");
        await page.UntilAsync($"document.getElementById('edit-result').textContent.startsWith('✓ Revision {revision}: ')");
        await page.UntilAsync($"{Front}.graph.revision === {revision}");
        await page.UntilAsync($"document.querySelector('#revisions .present').closest('li').textContent.startsWith('{revision}')");
        await page.EvaluateAsync($"document.body.dataset.sent = {Front}.sent.packets");
        await page.UntilAsync($"{Front}.sent.packets > Number(document.body.dataset.sent)");
        await UntilAsync(() => Changes(receiver).Any(span => Number(span, AttributeNames.GraphRevisionNew) == revision));
        await UntilAsync(() => new ArrivedPoints(receiver.Points(), Device).Sum(MetricNames.GraphRevision) == revision);
        await UntilAsync(() => Messages(receiver).Any(span => Number(span, AttributeNames.GraphRevision) == revision));
    }

    private void CheckWhatArrived(OtlpReceiver receiver, string said)
    {
        var changes = Changes(receiver).OrderBy(span => Number(span, AttributeNames.GraphRevisionNew)).ToList();
        Assert.Equal([2L, 3, 4], changes.Select(span => Number(span, AttributeNames.GraphRevisionNew)));
        Assert.All(changes, span => Assert.Equal("applied", Text(span, AttributeNames.ReconfigurationOutcome)));
        var points = receiver.Points();
        var front = new ArrivedPoints(points, Device);
        Assert.Equal(3, front.Sum(MetricNames.GraphReconfigurations));
        var dropped = points.Where(point => point["metric"]!.GetValue<string>() == MetricNames.StageDroppedItems && Value(point) > 0);
        Assert.Empty(dropped.Select(point => Text(point, AttributeNames.DropReason)).Except(s_repeats));
        output.WriteLine(said.Split('\n').Single(line => line.Contains("rounds, each as it was sent", StringComparison.Ordinal)).Trim());
        output.WriteLine($"{front.Sum(MetricNames.StageConsumedItems, "encode")} packets encoded by {Device}");
        output.WriteLine($"{receiver.Spans().Count} spans and {points.Count} points arrived");
        foreach (var change in changes)
        {
            output.WriteLine(
                $"revision {Number(change, AttributeNames.GraphRevisionNew)}: {Text(change, AttributeNames.ReconfigurationDiff)}; paused "
                + $"{change["attributes"]![AttributeNames.ReconfigurationPause]!.GetValue<double>() * 1000:0.000} ms");
        }
    }

    private static IEnumerable<JsonObject> Changes(OtlpReceiver receiver) => receiver.Spans()
        .Where(span => span["name"]!.GetValue<string>() == SpanNames.GraphReconfigure && Text(span, AttributeNames.DeviceName) == Device);

    private static IEnumerable<JsonObject> Messages(OtlpReceiver receiver) => receiver.Spans()
        .Where(span => span["attributes"]![AttributeNames.WorkRequestId] is not null && Text(span, AttributeNames.DeviceName) == Device);

    private static long Value(JsonObject point) => point["value"]!.GetValue<long>();

    private static long Number(JsonObject span, string name) => span["attributes"]![name]!.GetValue<long>();

    private static string? Text(JsonObject span, string name) => span["attributes"]![name]?.GetValue<string>();

    private static async Task UntilAsync(Func<bool> done)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!done())
            await tick.WaitForNextTickAsync(patience.Token);
    }
}
