namespace RdmaPipeline.OpenTelemetry;

/// <summary>Which of the library's metrics a meter provider takes, and how it keeps their histograms.</summary>
public sealed class RdmaPipelineMetricsOptions
{
    /// <summary>The parts whose metrics are taken; <see cref="MetricScopes.All"/> by default.</summary>
    public MetricScopes Scopes { get; set; } = MetricScopes.All;

    /// <summary>How histograms are kept; <see cref="HistogramLayout.Advised"/> by default.</summary>
    public HistogramLayout Histograms { get; set; } = HistogramLayout.Advised;
}
