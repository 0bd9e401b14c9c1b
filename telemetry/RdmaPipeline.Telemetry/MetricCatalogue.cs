using System.Collections.Frozen;
using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>Every metric with its kind, unit and attributes: the one place the instruments and the documentation are made from.</summary>
public static partial class MetricCatalogue
{
    private static readonly FrozenDictionary<string, MetricDescription> s_byName;

    static MetricCatalogue()
    {
        All = [.. Stages(), .. Transport(), .. Backends(), .. Devices()];
        s_byName = All.ToFrozenDictionary(entry => entry.Name);
    }

    /// <summary>All entries.</summary>
    public static ImmutableArray<MetricDescription> All { get; }

    /// <summary>The entry of a name.</summary>
    /// <exception cref="ArgumentException">The catalogue has no such metric.</exception>
    public static MetricDescription Find(string name) => s_byName.TryGetValue(name, out MetricDescription? entry)
        ? entry
        : throw new ArgumentException($"The catalogue has no metric '{name}'.", nameof(name));

    private static MetricDescription Counter(string name, string unit, string description, params string[] attributes) =>
        Entry(name, MetricKind.Counter, unit, description, attributes);

    private static MetricDescription UpDown(string name, string unit, string description, params string[] attributes) =>
        Entry(name, MetricKind.UpDownCounter, unit, description, attributes);

    private static MetricDescription Gauge(string name, string unit, string description, params string[] attributes) =>
        Entry(name, MetricKind.Gauge, unit, description, attributes);

    private static MetricDescription Histogram(
        string name, string unit, ImmutableArray<double> boundaries, string description, params string[] attributes) =>
        Entry(name, MetricKind.Histogram, unit, description, attributes) with { Boundaries = boundaries };

    private static MetricDescription Entry(string name, MetricKind kind, string unit, string description, string[] attributes) =>
        new(name, kind, unit, RdmaPipelineTelemetry.SourceName, description, [.. attributes]);
}
