using System.Globalization;

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
    public const string Traces = "TRACES_";
    public const string Metrics = "METRICS_";
    private const string SpanQueueSize = "OTEL_BSP_MAX_QUEUE_SIZE";
    private const string SpanBatchSize = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
    private const string ValueLengthLimit = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";
    private const string CountLimit = "OTEL_ATTRIBUTE_COUNT_LIMIT";

    // Spans that may wait for the exporter: more than the specification's 2048, which a command fills at once; the most are some GB.
    private const int DefaultSpanQueueSize = 32_768;
    private const int MaxSpanQueueSize = 1 << 20;
    private const int DefaultSpanBatchSize = 512;

    private const string Otlp = "OTEL_EXPORTER_OTLP_";

    private static readonly ExportVariable[] s_all =
    [
        ExportVariable.OneOf(TracesExporter, "otlp", "otlp", "none"),
        ExportVariable.OneOf(MetricsExporter, "otlp", "otlp", "none"),
        .. new[] { "", Traces, Metrics }.SelectMany(OfExporter),
        ExportVariable.OneOf(Otlp + "METRICS_TEMPORALITY_PREFERENCE", "cumulative", "cumulative", "delta"),
        ExportVariable.OneOf(Otlp + "METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram",
            "explicit_bucket_histogram", "base2_exponential_bucket_histogram"),
        ExportVariable.Text("OTEL_SERVICE_NAME"),
        ExportVariable.Pairs("OTEL_RESOURCE_ATTRIBUTES", "no attributes"),
        ExportVariable.OneOf(TracesSampler, "parentbased_always_on", "always_on", "always_off", "traceidratio",
            "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
        ExportVariable.Ratio(TracesSamplerRatio, "1"),
        ExportVariable.OneOf(ExemplarFilter, "trace_based", "trace_based", "always_on", "always_off"),
        ExportVariable.Whole("OTEL_METRIC_EXPORT_INTERVAL", 1, "60000"),
        ExportVariable.Whole("OTEL_METRIC_EXPORT_TIMEOUT", 1, "30000"),
        ExportVariable.Whole("OTEL_BSP_SCHEDULE_DELAY", 1, "5000"),
        ExportVariable.Whole("OTEL_BSP_EXPORT_TIMEOUT", 1, "30000"),
        ExportVariable.Whole(SpanQueueSize, 1, $"{DefaultSpanQueueSize}", MaxSpanQueueSize),
        ExportVariable.Whole(SpanBatchSize, 1, $"{DefaultSpanBatchSize}", MaxSpanQueueSize),
        ExportVariable.Whole(ValueLengthLimit, 0, "no limit"),
        ExportVariable.Whole("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", 0, "no limit") with { General = ValueLengthLimit },
        ExportVariable.Whole(CountLimit, 0, "128"),
        ExportVariable.Whole("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", 0, "128") with { General = CountLimit },
        ExportVariable.Whole("OTEL_SPAN_EVENT_COUNT_LIMIT", 0, "128"),
        ExportVariable.Whole("OTEL_SPAN_LINK_COUNT_LIMIT", 0, "128"),
        ExportVariable.Whole("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", 0, "128"),
        ExportVariable.Whole("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", 0, "128"),
    ];

    private static readonly ExportVariable s_disabled = ExportVariable.Boolean(SdkDisabled);

    /// <summary>The variables one of which has to be set for anything to be exported.</summary>
    public static IReadOnlyList<string> Switches { get; } =
        [Endpoint(""), Endpoint(Traces), Endpoint(Metrics), TracesExporter, MetricsExporter];

    public static string Endpoint(string signal) => $"{Otlp}{signal}ENDPOINT";

    /// <summary>Whether the SDK is switched off altogether, whatever else is set.</summary>
    public static bool IsDisabled(Func<string, string?> read, Action<string> warn) =>
        Read([s_disabled], read, warn).TryGetValue(SdkDisabled, out var value) && bool.Parse(value);

    /// <summary>Reads an environment and leaves out what is wrong, as the specification says, so that its default holds.</summary>
    /// <param name="read">Gives the value of a variable; an empty one is as none.</param>
    /// <param name="warn">Is told what was wrong and what is used instead.</param>
    /// <returns>The variables that are set and right.</returns>
    /// <exception cref="CliException">A value is wrong and nothing can take its place.</exception>
    public static IReadOnlyDictionary<string, string> Read(Func<string, string?> read, Action<string> warn)
    {
        var right = Read(s_all, read, warn);
        FitBatches(right, warn);
        return right;
    }

    /// <summary>
    /// What the SDK is told of a signal: the signal's own variables in the place of those of all signals, and the tool's defaults.
    /// </summary>
    /// <param name="variables">The variables that are set and right.</param>
    /// <param name="signal"><see cref="Traces"/> or <see cref="Metrics"/>.</param>
    public static IReadOnlyDictionary<string, string> For(string signal, IReadOnlyDictionary<string, string> variables)
    {
        var told = new Dictionary<string, string>(variables);
        foreach (var own in OfExporter(signal))
            if (variables.TryGetValue(own.Name, out var value)) told[own.General!] = value;
        told.TryAdd(SpanQueueSize, $"{DefaultSpanQueueSize}");
        // The SDK reads the variable but does not have the default of its specification.
        told.TryAdd(ExemplarFilter, "trace_based");
        return told;
    }

    private static Dictionary<string, string> Read(ExportVariable[] variables, Func<string, string?> read, Action<string> warn)
    {
        var right = new Dictionary<string, string>();
        foreach (var variable in variables)
        {
            if (read(variable.Name) is not { Length: > 0 } value) continue;
            if (variable.Read(value) is { } known) right.Add(variable.Name, known);
            else if (variable.Nearest(value) is { } near)
            {
                right.Add(variable.Name, near);
                warn($"{Wrong(variable, value)}; {near} is used");
            }
            else if (variable.Otherwise is { } otherwise) warn($"{Wrong(variable, value)}; {Instead(variable, right, otherwise)} is used");
            else throw new CliException(Wrong(variable, value));
        }

        return right;
    }

    // More than can wait cannot leave together.
    private static void FitBatches(Dictionary<string, string> right, Action<string> warn)
    {
        var queue = Number(right, SpanQueueSize, DefaultSpanQueueSize);
        if (Number(right, SpanBatchSize, DefaultSpanBatchSize) is var batch && batch <= queue) return;
        if (right.ContainsKey(SpanBatchSize)) warn($"{SpanBatchSize} '{batch}' is more than {SpanQueueSize}, {queue}; {queue} is used");
        right[SpanBatchSize] = $"{queue}";
    }

    private static int Number(Dictionary<string, string> right, string name, int otherwise) =>
        right.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private static string Instead(ExportVariable variable, Dictionary<string, string> right, string otherwise) =>
        variable.General is { } general ? right.GetValueOrDefault(general, otherwise) : otherwise;

    // A header may be a secret, and so may an endpoint with a password in it.
    private static string Wrong(ExportVariable variable, string value) =>
        $"{variable.Name}{(variable.Otherwise is null ? "" : $" '{value}'")} is not {variable.Expected}";

    // Who takes one form of messages over HTTP takes the other at the same address; gRPC has another port.
    private static string? ProtocolOf(string value) =>
        value.Equals("http/json", StringComparison.OrdinalIgnoreCase) ? "http/protobuf" : null;

    // For all signals, or for one.
    private static IEnumerable<ExportVariable> OfExporter(string signal)
    {
        ExportVariable[] all =
        [
            ExportVariable.Endpoint("ENDPOINT"),
            ExportVariable.OneOf("PROTOCOL", "grpc", "grpc", "http/protobuf") with { Nearest = ProtocolOf },
            ExportVariable.Headers("HEADERS"),
            ExportVariable.Whole("TIMEOUT", 1, "10000"),
            ExportVariable.OneOf("COMPRESSION", "none", "gzip", "none"),
            ExportVariable.Text("CERTIFICATE"),
            ExportVariable.Text("CLIENT_KEY"),
            ExportVariable.Text("CLIENT_CERTIFICATE"),
        ];
        return all.Select(variable => variable with
        {
            Name = Otlp + signal + variable.Name, General = signal.Length == 0 ? null : Otlp + variable.Name,
        });
    }
}
