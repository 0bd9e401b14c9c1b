namespace RdmaPipeline.Cli.Export;

/// <summary>The variables of OpenTelemetry that the tool obeys, and what they may hold.</summary>
internal static class ExportVariables
{
    private const string SdkDisabled = "OTEL_SDK_DISABLED";
    public const string TracesExporter = "OTEL_TRACES_EXPORTER";
    public const string MetricsExporter = "OTEL_METRICS_EXPORTER";
    public const string ExemplarFilter = "OTEL_METRICS_EXEMPLAR_FILTER";
    public const string TracesSampler = "OTEL_TRACES_SAMPLER";
    public const string TracesSamplerRatio = "OTEL_TRACES_SAMPLER_ARG";
    public const string SpanQueueSize = "OTEL_BSP_MAX_QUEUE_SIZE";

    /// <summary>Spans that may wait for the exporter: more than the specification's 2048, which a command fills at once.</summary>
    public const int DefaultSpanQueueSize = 32768;

    private const string Otlp = "OTEL_EXPORTER_OTLP_";

    private static readonly ExportVariable[] s_all =
    [
        ExportVariable.OneOf(TracesExporter, "otlp", "otlp", "none"),
        ExportVariable.OneOf(MetricsExporter, "otlp", "otlp", "none"),
        .. new[] { Otlp, Otlp + "TRACES_", Otlp + "METRICS_" }.SelectMany(OfExporter),
        ExportVariable.OneOf(Otlp + "METRICS_TEMPORALITY_PREFERENCE", "cumulative", "cumulative", "delta"),
        ExportVariable.OneOf(Otlp + "METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram",
            "explicit_bucket_histogram", "base2_exponential_bucket_histogram"),
        ExportVariable.Pairs("OTEL_RESOURCE_ATTRIBUTES", "no attributes"),
        ExportVariable.OneOf(TracesSampler, "parentbased_always_on", "always_on", "always_off", "traceidratio",
            "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
        ExportVariable.Ratio(TracesSamplerRatio, "1"),
        ExportVariable.OneOf(ExemplarFilter, "trace_based", "trace_based", "always_on", "always_off"),
        ExportVariable.Whole("OTEL_METRIC_EXPORT_INTERVAL", 1, "60000"),
        ExportVariable.Whole("OTEL_METRIC_EXPORT_TIMEOUT", 1, "30000"),
        ExportVariable.Whole("OTEL_BSP_SCHEDULE_DELAY", 1, "5000"),
        ExportVariable.Whole("OTEL_BSP_EXPORT_TIMEOUT", 1, "30000"),
        ExportVariable.Whole(SpanQueueSize, 1, $"{DefaultSpanQueueSize}"),
        ExportVariable.Whole("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, "512"),
    ];

    private static readonly ExportVariable s_disabled = ExportVariable.Boolean(SdkDisabled);

    /// <summary>The variables one of which has to be set for anything to be exported.</summary>
    public static IReadOnlyList<string> Switches { get; } =
        [Endpoint(""), Endpoint("TRACES_"), Endpoint("METRICS_"), TracesExporter, MetricsExporter];

    public static string Endpoint(string signal) => $"{Otlp}{signal}ENDPOINT";

    /// <summary>Whether the SDK is switched off altogether, whatever else is set.</summary>
    public static bool IsDisabled(Func<string, string?> read, Action<string> warn) =>
        Read([s_disabled], read, warn).TryGetValue(SdkDisabled, out var value) && bool.Parse(value);

    /// <summary>Reads an environment and leaves out what is wrong, as the specification says, so that its default holds.</summary>
    /// <param name="read">Gives the value of a variable; an empty one is as none.</param>
    /// <param name="warn">Is told what was wrong and what is used instead.</param>
    /// <returns>The variables that are set and right.</returns>
    /// <exception cref="CliException">A value is wrong and nothing can take its place.</exception>
    public static IReadOnlyDictionary<string, string> Read(Func<string, string?> read, Action<string> warn) => Read(s_all, read, warn);

    private static Dictionary<string, string> Read(ExportVariable[] variables, Func<string, string?> read, Action<string> warn)
    {
        var right = new Dictionary<string, string>();
        foreach (var variable in variables)
        {
            if (read(variable.Name) is not { Length: > 0 } value) continue;
            if (variable.IsRight(value)) right.Add(variable.Name, value);
            else if (variable.Otherwise is { } otherwise) warn($"{Wrong(variable, value)}; {otherwise} is used");
            else throw new CliException(Wrong(variable, value));
        }

        return right;
    }

    // A header may be a secret, and so may an endpoint with a password in it.
    private static string Wrong(ExportVariable variable, string value) =>
        $"{variable.Name}{(variable.Otherwise is null ? "" : $" '{value}'")} is not {variable.Expected}";

    private static IEnumerable<ExportVariable> OfExporter(string prefix) =>
    [
        ExportVariable.Endpoint(prefix + "ENDPOINT"),
        ExportVariable.OneOf(prefix + "PROTOCOL", "grpc", "grpc", "http/protobuf"),
        ExportVariable.Pairs(prefix + "HEADERS", otherwise: null),
        ExportVariable.Whole(prefix + "TIMEOUT", 1, "10000"),
        ExportVariable.OneOf(prefix + "COMPRESSION", "none", "gzip", "none"),
    ];
}
