using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.OpenTelemetry;

namespace RdmaPipeline.Benchmarks;

/// <summary>The OpenTelemetry SDK as an application sets it up, with a collection every second and exporters that keep nothing.</summary>
internal sealed class TelemetryListener : IDisposable
{
    private const int CollectionMilliseconds = 1000;
    private readonly MeterProvider _metrics;
    private readonly TracerProvider? _traces;

    public TelemetryListener(bool tracesToo)
    {
        _metrics = Sdk.CreateMeterProviderBuilder()
            .AddRdmaPipelineInstrumentation()
            .AddReader(new PeriodicExportingMetricReader(new NoMetrics(), CollectionMilliseconds))
            .Build();
        if (tracesToo)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .AddRdmaPipelineInstrumentation()
                .SetSampler(new AlwaysOnSampler())
                .AddProcessor(new BatchActivityExportProcessor(new NoSpans()))
                .Build();
        }
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _traces?.Dispose();
    }

    private sealed class NoMetrics : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }

    private sealed class NoSpans : BaseExporter<System.Diagnostics.Activity>
    {
        public override ExportResult Export(in Batch<System.Diagnostics.Activity> batch) => ExportResult.Success;
    }
}
