using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.OpenTelemetry;

/// <summary>Adds what the library publishes to OpenTelemetry's builders. Exporters, readers and samplers are the caller's.</summary>
public static class RdmaPipelineInstrumentation
{
    /// <summary>Adds the spans of work requests, stages, connections and changes of the graph.</summary>
    /// <param name="builder">The builder to add to.</param>
    /// <returns>The same builder.</returns>
    public static TracerProviderBuilder AddRdmaPipelineInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(RdmaPipelineTelemetry.SourceName);
    }

    /// <summary>Adds the metrics of all parts, or of those that <paramref name="configure"/> chooses.</summary>
    /// <param name="builder">The builder to add to.</param>
    /// <param name="configure">Changes the options; they are read once, before this call returns.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">An option has a value that is none of its own.</exception>
    public static MeterProviderBuilder AddRdmaPipelineInstrumentation(
        this MeterProviderBuilder builder, Action<RdmaPipelineMetricsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new RdmaPipelineMetricsOptions();
        configure?.Invoke(options);
        string[] meters = [.. MetersOf(options.Scopes)];
        return options.Histograms switch
        {
            HistogramLayout.Advised => builder.AddMeter(meters),
            HistogramLayout.Exponential => builder.AddMeter(meters).AddView(instrument => ExponentialView(instrument, meters)),
            var other => throw new ArgumentException(
                $"Histograms {other} is none of {string.Join(", ", Enum.GetNames<HistogramLayout>())}.", nameof(configure)),
        };
    }

    private static IEnumerable<string> MetersOf(MetricScopes scopes)
    {
        if ((scopes & ~MetricScopes.All) != 0)
            throw new ArgumentException($"Scopes {scopes} is no combination of {string.Join(", ", Enum.GetNames<MetricScopes>())}.");
        if (scopes.HasFlag(MetricScopes.Verbs)) yield return RdmaPipelineTelemetry.SourceName;
        if (scopes.HasFlag(MetricScopes.Pipeline)) yield return RdmaPipelineTelemetry.PipelineMeterName;
        if (scopes.HasFlag(MetricScopes.Backend)) yield return RdmaPipelineTelemetry.BackendMeterName;
    }

    // Null leaves an instrument to other views, or to its own advice.
    private static Base2ExponentialBucketHistogramConfiguration? ExponentialView(Instrument instrument, string[] meters) =>
        instrument is Histogram<double> or Histogram<long> && meters.Contains(instrument.Meter.Name)
            ? new Base2ExponentialBucketHistogramConfiguration()
            : null;
}
