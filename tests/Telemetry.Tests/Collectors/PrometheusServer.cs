using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>A Prometheus of this machine in a process of its own, on loopback, that scrapes one page.</summary>
internal sealed partial class PrometheusServer : IDisposable
{
    private static readonly HttpClient s_http = new();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("prometheus-");
    private readonly Process _process;
    private readonly Uri _address;

    /// <summary>Starts it; the test is skipped where there is none.</summary>
    /// <param name="page">The page to scrape.</param>
    /// <param name="interval">How often, as Prometheus spells it.</param>
    public PrometheusServer(Uri page, string interval)
    {
        const string Program = "/usr/bin/prometheus";
        Skip.IfNot(File.Exists(Program), "Debian's package prometheus is not installed; .ci/run installs it as root");
        var configuration = Path.Combine(_folder.FullName, "prometheus.yml");
        File.WriteAllText(configuration, $$"""
            global: { scrape_interval: {{interval}} }
            scrape_configs:
              - { job_name: rdma, metrics_path: {{page.AbsolutePath}}, static_configs: [ { targets: [ "{{page.Authority}}" ] } ] }
            """);
        var start = new ProcessStartInfo(Program,
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(_folder.FullName, "data")}",
            "--web.listen-address=127.0.0.1:0", "--enable-feature=exemplar-storage",
        ])
        {
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _address = new Uri($"http://{ReadAddress()}");
        // Nobody reads what it writes from here on, but somebody has to.
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
    }

    /// <summary>The value of an expression that gives one; null while it gives none.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="at">The moment; null for now.</param>
    public double? Query(string expression, DateTimeOffset? at = null)
    {
        var moment = at is { } time ? $"&time={(time.ToUnixTimeMilliseconds() / 1000.0).ToString(CultureInfo.InvariantCulture)}" : "";
        var result = Get($"api/v1/query?query={Uri.EscapeDataString(expression)}{moment}")["result"]!.AsArray();
        Assert.InRange(result.Count, 0, 1);
        return result.Count == 0 ? null : double.Parse(result[0]!["value"]![1]!.GetValue<string>(), CultureInfo.InvariantCulture);
    }

    /// <summary>Asks again and again until it is up and an expression gives a value.</summary>
    /// <exception cref="TimeoutException">It gave none for so long.</exception>
    public async Task WaitFor(string expression, TimeSpan patience)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var started = Stopwatch.GetTimestamp(); !await IsReady() || Query(expression) is null; await timer.WaitForNextTickAsync())
        {
            if (Stopwatch.GetElapsedTime(started) > patience) throw new TimeoutException($"{expression} gave no value within {patience}");
        }
    }

    /// <summary>The exemplars of a metric within the last minute.</summary>
    public IReadOnlyList<JsonObject> Exemplars(string metric)
    {
        var (start, end) = (DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        var found = Get($"api/v1/query_exemplars?query={Uri.EscapeDataString(metric)}&start={start}&end={end}");
        return [.. found.AsArray().SelectMany(series => series!["exemplars"]!.AsArray()).Select(exemplar => exemplar!.AsObject())];
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> IsReady()
    {
        using var answer = await s_http.GetAsync(new Uri(_address, "-/ready"));
        return answer.IsSuccessStatusCode;
    }

    private JsonNode Get(string path) =>
        s_http.GetFromJsonAsync<JsonNode>(new Uri(_address, path)).GetAwaiter().GetResult()!["data"]!;

    private string ReadAddress()
    {
        var lines = new List<string>();
        while (_process.StandardError.ReadLine() is { } line)
        {
            lines.Add(line);
            if (Listening().Match(line) is { Success: true } match) return match.Groups["address"].Value;
        }

        throw new InvalidOperationException($"Prometheus did not start\n{string.Join('\n', lines)}");
    }

    [GeneratedRegex(@"(Listening on|TLS is disabled).*address=(?<address>127\.0\.0\.1:[1-9]\d*)")]
    private static partial Regex Listening();
}
