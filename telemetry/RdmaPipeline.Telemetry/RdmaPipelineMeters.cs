using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// The meters of a process, or of one <see cref="IMeterFactory"/>, with every instrument of the catalogue. What is observed is read when
/// somebody collects and costs nothing until then; only the histograms are written to while packets move.
/// </summary>
public sealed class RdmaPipelineMeters
{
    private static readonly ConditionalWeakTable<IMeterFactory, RdmaPipelineMeters> s_byFactory = [];

    private readonly FrozenDictionary<string, Instrument> _histograms;
    private readonly FrozenDictionary<string, ObservedMetric> _observed;

    private RdmaPipelineMeters(Func<string, Meter> meterOf)
    {
        Dictionary<string, Meter> meters = MetricCatalogue.All.Select(m => m.Scope).Distinct().ToDictionary(scope => scope, meterOf);
        _histograms = MetricCatalogue.All.Where(m => m.Kind == MetricKind.Histogram)
            .ToFrozenDictionary(m => m.Name, m => MakeHistogram(meters[m.Scope], m));
        _observed = MetricCatalogue.All.Where(m => m.Kind != MetricKind.Histogram)
            .ToFrozenDictionary(m => m.Name, m => new ObservedMetric(meters[m.Scope], m));
    }

    /// <summary>The meters of whoever has no factory.</summary>
    public static RdmaPipelineMeters Shared { get; } = new(name => new Meter(OptionsOf(name)));

    /// <summary>The meters that a factory makes and owns: the same for the same factory.</summary>
    /// <param name="factory">The factory; null for <see cref="Shared"/>.</param>
    public static RdmaPipelineMeters Of(IMeterFactory? factory) => factory is null
        ? Shared
        : s_byFactory.GetValue(factory, static f => new RdmaPipelineMeters(name => f.Create(OptionsOf(name))));

    /// <summary>The histogram of a metric that is a time.</summary>
    /// <exception cref="ArgumentException">The catalogue has no such histogram.</exception>
    public Histogram<double> Durations(string name) => Histogram<double>(name);

    /// <summary>The histogram of a metric that is a number of things.</summary>
    /// <exception cref="ArgumentException">The catalogue has no such histogram.</exception>
    public Histogram<long> Sizes(string name) => Histogram<long>(name);

    internal ObservedMetric Observed(string name) => _observed.TryGetValue(name, out ObservedMetric? metric)
        ? metric
        : throw new ArgumentException($"The catalogue has no observed metric '{name}'.", nameof(name));

    private static MeterOptions OptionsOf(string name) => new(name)
    {
        Version = RdmaPipelineTelemetry.Version,
#if NET10_0_OR_GREATER
        TelemetrySchemaUrl = RdmaPipelineTelemetry.SchemaUrl,
#endif
    };

    private static Instrument MakeHistogram(Meter meter, MetricDescription entry) => entry.IsTime
        ? meter.CreateHistogram(entry.Name, entry.Unit, entry.Description, tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = entry.Boundaries })
        : meter.CreateHistogram(entry.Name, entry.Unit, entry.Description, tags: null,
            new InstrumentAdvice<long> { HistogramBucketBoundaries = [.. entry.Boundaries.Select(b => (long)b)] });

    private Histogram<TValue> Histogram<TValue>(string name)
        where TValue : struct =>
        _histograms.TryGetValue(name, out Instrument? instrument) && instrument is Histogram<TValue> histogram
            ? histogram
            : throw new ArgumentException($"The catalogue has no histogram '{name}' of {typeof(TValue).Name}.", nameof(name));
}
