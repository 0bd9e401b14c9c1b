using RdmaPipeline.Cli.Commands;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.TelemetryTests.Metrics.Kit;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Wrong values of the variables cost a line each, and neither the output nor the exit code of a command.</summary>
[Collection(AloneCollection.Name)]
public sealed class WrongVariableTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9";

    private static readonly string[] s_wholes =
    [
        "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT",
        "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    ];

    private static readonly string[] s_limits =
    [
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    ];

    private static readonly string[] s_names =
    [
        "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_METRICS_EXEMPLAR_FILTER",
        "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
        "OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "OTEL_SDK_DISABLED", "OTEL_RESOURCE_ATTRIBUTES",
    ];

    public static TheoryData<string[], string> Wrong => new()
    {
        { s_wholes, "0" }, { s_wholes, "-1" }, { s_wholes, "2147483648" }, { s_wholes, "1.5" },
        { s_limits, "-1" }, { s_limits, "2147483648" }, { s_limits, "many" },
        { s_names, "bogus" },
    };

    // Each stands for a kind: what the SDK throws at, what it takes for something else, and what takes all the memory there is.
    [Theory]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL=0", "not a whole number from 1 to 2147483647; 60000 is used")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT=0 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "not a whole number from 1 to 2147483647; 10000 is used")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT=-1 OTEL_EXPORTER_OTLP_TIMEOUT=700",
        "not a whole number from 1 to 2147483647; 700 is used")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE=2147483647", "not a whole number from 1 to 1048576; 32768 is used")]
    [InlineData("OTEL_BSP_MAX_EXPORT_BATCH_SIZE=500 OTEL_BSP_MAX_QUEUE_SIZE=100", "more than OTEL_BSP_MAX_QUEUE_SIZE, 100; 100 is used")]
    [InlineData("OTEL_SPAN_EVENT_COUNT_LIMIT=-3", "not a whole number from 0 to 2147483647; 128 is used")]
    public void TheToolSaysSoAndGoesOn(string variables, string told)
    {
        var first = variables.Split(' ')[0].Split('=');
        var environment = $"{Endpoint} {variables}".Split(' ').Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        var run = Command.Run(SourceTree.FindBuilt("src/Cli", "rdmapipe"), ["graph"], TimeSpan.FromMinutes(1), environment).Expect();
        Assert.StartsWith("flowchart LR", run.Output, StringComparison.Ordinal);
        var lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal($"rdmapipe: {first[0]} '{first[1]}' is {told}", lines[0]);
        Assert.StartsWith("rdmapipe: 1 exports of telemetry failed", Assert.Single(lines[1..]), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task NoneEndsACommand(string[] names, string value)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using (new Variables([Endpoint, .. names.Select(name => $"{name}={value}")]))
            Assert.Equal(0, await RdmapipeCommand.RunAsync(["graph"], output, error));
        Assert.StartsWith("flowchart LR", output.ToString(), StringComparison.Ordinal);
        foreach (var name in names)
        {
            var start = $"rdmapipe: {name} '{value}' is not ";
            var told = Assert.Single(error.ToString().Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal));
            Assert.EndsWith(" is used", told.TrimEnd(), StringComparison.Ordinal);
        }
    }

    private sealed class Variables : IDisposable
    {
        private readonly string[] _names;

        public Variables(params string[] variables)
        {
            _names = [.. variables.Select(variable => variable.Split('=')[0])];
            foreach (var variable in variables) Environment.SetEnvironmentVariable(variable.Split('=')[0], variable.Split('=', 2)[1]);
        }

        public void Dispose()
        {
            foreach (var name in _names) Environment.SetEnvironmentVariable(name, null);
        }
    }
}
