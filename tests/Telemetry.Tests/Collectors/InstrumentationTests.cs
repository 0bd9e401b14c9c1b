using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.OpenTelemetry;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>The two builder methods of the package.</summary>
public sealed class InstrumentationTests
{
    [Fact]
    public void ByDefaultAllPublishedMetricsOfTheCatalogueArriveWithScopeVersionAndUnit()
    {
        var metrics = Collect(configure: null);
        Assert.Contains(metrics, m => m.Name == MetricNames.StageConsumedItems);
        Assert.All(metrics, m =>
        {
            var entry = MetricCatalogue.Find(m.Name);
            Assert.Equal((entry.Scope, RdmaPipelineTelemetry.Version, entry.Unit), (m.MeterName, m.MeterVersion, m.Unit));
        });
    }

    [Theory]
    [InlineData(MetricScopes.None)]
    [InlineData(MetricScopes.Verbs)]
    [InlineData(MetricScopes.Pipeline)]
    [InlineData(MetricScopes.Backend | MetricScopes.Verbs)]
    public void ScopesLeaveOutTheMetricsOfOtherMeters(MetricScopes scopes)
    {
        Dictionary<string, MetricScopes> scopeOfMeter = new()
        {
            [RdmaPipelineTelemetry.SourceName] = MetricScopes.Verbs,
            [RdmaPipelineTelemetry.PipelineMeterName] = MetricScopes.Pipeline,
            [RdmaPipelineTelemetry.BackendMeterName] = MetricScopes.Backend,
        };
        var metrics = Collect(o => o.Scopes = scopes);
        Assert.All(metrics, m => Assert.True(scopes.HasFlag(scopeOfMeter[m.MeterName]), $"{m.Name} is of {m.MeterName}"));
        Assert.Equal(scopes.HasFlag(MetricScopes.Pipeline), metrics.Any(m => m.Name == MetricNames.StageConsumedItems));
    }

    [Theory]
    [InlineData(HistogramLayout.Advised, MetricType.Histogram)]
    [InlineData(HistogramLayout.Exponential, MetricType.ExponentialHistogram)]
    public void HistogramsAreKeptAsChosen(HistogramLayout layout, MetricType type)
    {
        var histogram = Collect(o => o.Histograms = layout).Single(m => m.Name == MetricNames.StageProcessDuration);
        Assert.Equal(type, histogram.MetricType);
    }

    [Fact]
    public void AValueThatIsNoneOfAnOptionIsRefusedByName()
    {
        var builder = Sdk.CreateMeterProviderBuilder();
        Assert.Contains("Histograms 7", Refused(o => o.Histograms = (HistogramLayout)7), StringComparison.Ordinal);
        Assert.Contains("Scopes 9", Refused(o => o.Scopes = (MetricScopes)9), StringComparison.Ordinal);

        string Refused(Action<RdmaPipelineMetricsOptions> configure) =>
            Assert.Throws<ArgumentException>(() => builder.AddRdmaPipelineInstrumentation(configure)).Message;
    }

    [Fact]
    public void SpansOfTheSourceAreTaken()
    {
        List<System.Diagnostics.Activity> spans = [];
        using (Sdk.CreateTracerProviderBuilder().AddRdmaPipelineInstrumentation().AddInMemoryExporter(spans).Build())
            RdmaPipelineTelemetry.Source.StartActivity("probe")?.Dispose();
        Assert.Contains(spans, span => span.OperationName == "probe");
    }

    // Durations are sampled, 1 burst in 64, so there have to be more.
    private static List<Metric> Collect(Action<RdmaPipelineMetricsOptions>? configure)
    {
        List<Metric> metrics = [];
        var builder = Sdk.CreateMeterProviderBuilder().AddRdmaPipelineInstrumentation(configure).AddInMemoryExporter(metrics);
        using (var provider = builder.Build())
        {
            using var pair = new WritePair("instrumentation", bytes: 64);
            pair.Write(1000);
            Assert.True(provider.ForceFlush());
        }

        return [.. metrics.DistinctBy(m => m.Name)];
    }
}
