using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RdmaPipeline.OpenTelemetry;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Export;

/// <summary>
/// Sends the spans and metrics of a run to a collector, by OpenTelemetry's SDK, which reads what the variables say of endpoints, protocols,
/// headers, intervals and limits itself. Only this class names types of the SDK, so it is loaded only when somebody wants an export.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    /// <summary>How long the end of a command waits for what has not been sent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TextWriter _error;
    private readonly ExportFailures _failures = new();
    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    public TelemetryExport(ExportSettings settings, TextWriter error)
    {
        _error = error;
        if (settings.Traces) _traces = BuildTraces(settings);
        if (settings.Metrics) _metrics = BuildMetrics(settings);
    }

    /// <summary>Sends the rest, for at most <see cref="Patience"/>, and tells what was lost. The exit code is the command's.</summary>
    public void Dispose()
    {
        var patience = (int)Patience.TotalMilliseconds;
        Task[] ends = [Task.Run(() => _traces?.Shutdown(patience)), Task.Run(() => _metrics?.Shutdown(patience))];
        if (!Task.WaitAll(ends, Patience)) Tell($"the collector did not take the rest within {Patience.TotalSeconds} s");
        foreach (var line in _failures.Lines()) Tell(line);
        _failures.Dispose();
    }

    // Devices sample before they begin a span, which is what makes it cheap; whatever comes from them is wanted.
    private static TracerProvider BuildTraces(ExportSettings settings) =>
        Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddRdmaPipelineInstrumentation()
            .SetSampler(new AlwaysOnSampler())
            .AddOtlpExporter(exporter =>
            {
                if (!settings.Variables.ContainsKey(ExportVariables.SpanQueueSize))
                    exporter.BatchExportProcessorOptions.MaxQueueSize = ExportVariables.DefaultSpanQueueSize;
            })
            .Build();

    private static MeterProvider BuildMetrics(ExportSettings settings)
    {
        var builder = Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddRdmaPipelineInstrumentation();
        // The SDK reads the variable but does not have the default of its specification.
        if (!settings.Variables.ContainsKey(ExportVariables.ExemplarFilter)) builder.SetExemplarFilter(ExemplarFilterType.TraceBased);
        return builder.AddOtlpExporter().Build();
    }

    // What the environment says comes last, and so wins.
    private static void Describe(ResourceBuilder resource) => resource.Clear()
        .AddService("rdmapipe", serviceVersion: RdmaPipelineTelemetry.Version)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    private void Tell(string what) => _error.WriteLine($"rdmapipe: {what}");
}
