using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.OpenTelemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Exports of this process to a receiver, as an application would set them up.</summary>
internal static class OtlpExports
{
    public static MeterProvider ExportMetrics(
        this OtlpReceiver receiver, string protocol, HistogramLayout layout = HistogramLayout.Advised, int everyMilliseconds = 60_000) =>
        Sdk.CreateMeterProviderBuilder()
            .AddRdmaPipelineInstrumentation(options => options.Histograms = layout)
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddOtlpExporter((exporter, reader) =>
            {
                Aim(exporter, receiver, protocol, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = everyMilliseconds;
            })
            .Build();

    /// <summary>Exports spans; the default queue holds 2048, less than a test makes before the exporter looks.</summary>
    public static TracerProvider ExportTraces(this OtlpReceiver receiver, string protocol, int queue = 65536) =>
        Sdk.CreateTracerProviderBuilder()
            .AddRdmaPipelineInstrumentation()
            .AddOtlpExporter(exporter =>
            {
                Aim(exporter, receiver, protocol, "v1/traces");
                exporter.BatchExportProcessorOptions.MaxQueueSize = queue;
            })
            .Build();

    private static void Aim(OtlpExporterOptions options, OtlpReceiver receiver, string protocol, string path)
    {
        var isGrpc = protocol == "grpc";
        options.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        // What takes longer is given up by the exporter, and a busy machine may be that slow.
        options.TimeoutMilliseconds = 60_000;
        options.Endpoint = isGrpc ? receiver.Grpc : new Uri(receiver.Http, path);
    }
}
