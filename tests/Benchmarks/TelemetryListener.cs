using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.OpenTelemetry;

namespace RdmaPipeline.Benchmarks;

/// <summary>The OpenTelemetry SDK as an application sets it up, with exporters that keep nothing.</summary>
internal sealed class TelemetryListener : IDisposable
{
    private readonly MeterProvider _metrics;
    private readonly TracerProvider? _traces;

    /// <summary>Begins to listen.</summary>
    /// <param name="tracesToo">To spans, not to metrics only.</param>
    /// <param name="collectionPeriod">How often metrics are collected.</param>
    public TelemetryListener(bool tracesToo, TimeSpan collectionPeriod)
    {
        _metrics = Sdk.CreateMeterProviderBuilder()
            .AddRdmaPipelineInstrumentation()
            .AddReader(new PeriodicExportingMetricReader(new NoMetrics(), (int)collectionPeriod.TotalMilliseconds))
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
