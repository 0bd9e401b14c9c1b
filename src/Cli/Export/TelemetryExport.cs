using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RdmaPipeline.OpenTelemetry;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Export;

/// <summary>
/// Sends the spans and metrics of a run to a collector, by OpenTelemetry's SDK, which is told what was right of the variables and reads
/// none itself. Only this class names types of the SDK, so it is loaded only when somebody wants an export.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    /// <summary>How long the end of a command waits for what has not been sent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TextWriter _error;
    private readonly ExportFailures _failures = new();
    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    /// <summary>Begins.</summary>
    /// <exception cref="CliException">A certificate cannot be used.</exception>
    public TelemetryExport(ExportSettings settings, TextWriter error)
    {
        _error = error;
        try
        {
            if (settings.Traces) _traces = BuildTraces(settings.Variables);
            if (settings.Metrics) _metrics = BuildMetrics(settings.Variables);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            Forget();
            _failures.Dispose();
            throw new CliException($"telemetry cannot be exported: {fault.Message}");
        }
    }

    /// <summary>Sends the rest, for at most <see cref="Patience"/>, and tells what was lost. The exit code is the command's.</summary>
    public void Dispose()
    {
        var patience = (int)Patience.TotalMilliseconds;
        Task[] ends = [Task.Run(() => _traces?.Shutdown(patience)), Task.Run(() => _metrics?.Shutdown(patience))];
        if (Task.WaitAll(ends, Patience)) Forget();
        else Say($"the collector did not take the rest within {Patience.TotalSeconds} s");
        foreach (var line in _failures.Lines()) Say(line);
        _failures.Dispose();
    }

    // Devices sample before they begin a span, which is what makes it cheap; whatever comes from them is wanted.
    private static TracerProvider BuildTraces(IReadOnlyDictionary<string, string> variables) =>
        Sdk.CreateTracerProviderBuilder().ConfigureServices(services => Tell(services, ExportVariables.Traces, variables))
            .ConfigureResource(Describe).AddRdmaPipelineInstrumentation().SetSampler(new AlwaysOnSampler())
            .AddOtlpExporter(exporter => Address(exporter, ExportVariables.Traces, variables)).Build();

    private static MeterProvider BuildMetrics(IReadOnlyDictionary<string, string> variables) =>
        Sdk.CreateMeterProviderBuilder().ConfigureServices(services => Tell(services, ExportVariables.Metrics, variables))
            .ConfigureResource(Describe).AddRdmaPipelineInstrumentation()
            .AddOtlpExporter(exporter => Address(exporter, ExportVariables.Metrics, variables)).Build();

    // The SDK reads the environment by itself where it is not given anything to read, wrong values too.
    private static void Tell(IServiceCollection services, string signal, IReadOnlyDictionary<string, string> variables) =>
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(ExportVariables.For(signal, variables)!).Build());

    // The address of one signal is used as it is; to that of all the SDK adds the path of the signal.
    private static void Address(OtlpExporterOptions exporter, string signal, IReadOnlyDictionary<string, string> variables)
    {
        if (variables.TryGetValue(ExportVariables.Endpoint(signal), out var own)) exporter.Endpoint = new Uri(own);
    }

    // What else runs in this process would be listened to for ever.
    private void Forget()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    // What the environment says comes last, and so wins.
    private static void Describe(ResourceBuilder resource) => resource.Clear()
        .AddService("rdmapipe", serviceVersion: RdmaPipelineTelemetry.Version)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    private void Say(string what) => _error.WriteLine($"rdmapipe: {what}");
}
