using System.Diagnostics;
using System.Text.RegularExpressions;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>The service of the README, in a process of its own.</summary>
public sealed partial class SampleTests
{
    private static readonly string s_sample = SourceTree.FindBuilt("samples/Export", "Export");

    [SkippableFact]
    public async Task TheServiceOfTheReadmePushesAndIsScraped()
    {
        using var receiver = new OtlpReceiver();
        var start = new ProcessStartInfo(s_sample, ["--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true };
        start.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Grpc.ToString();
        start.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "100";
        using var service = Process.Start(start)!;
        try
        {
            var address = await ReadAddress(service);
            using var http = new HttpClient();
            var page = await http.GetStringAsync(new Uri(address, "metrics"));
            Assert.Contains("rdma_stage_consumed_items_total{", page, StringComparison.Ordinal);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (new ArrivedPoints(receiver.Points(), "export/writer").Sum(MetricNames.StageConsumedItems, "encode") == 0)
                Assert.True(await tick.WaitForNextTickAsync(patience.Token));
        }
        finally
        {
            service.Kill();
        }
    }

    private static async Task<Uri> ReadAddress(Process service)
    {
        var lines = new List<string>();
        while (await service.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (Listening().Match(line) is { Success: true } match)
            {
                _ = service.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return new Uri(match.Groups["address"].Value);
            }
        }

        throw new InvalidOperationException($"The service did not start\n{string.Join('\n', lines)}");
    }

    [GeneratedRegex(@"Now listening on: (?<address>http://127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();
}
