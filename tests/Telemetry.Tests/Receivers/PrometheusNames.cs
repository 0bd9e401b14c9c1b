using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Receivers;

/// <summary>The catalogue in Prometheus' spelling: dots are underscores, units are written out, counters end in total.</summary>
internal static class PrometheusNames
{
    private static readonly Dictionary<string, MetricDescription> s_metrics =
        MetricCatalogue.All.SelectMany(m => Of(m).Select(name => (name, m))).ToDictionary(p => p.name, p => p.m);

    /// <summary>All names that the pages of Prometheus have.</summary>
    public static IReadOnlyCollection<string> All => s_metrics.Keys;

    /// <summary>The metric of a name; null when the catalogue has none.</summary>
    public static MetricDescription? Find(string name) => s_metrics.GetValueOrDefault(name);

    /// <summary>The names of a metric: one, or those of a histogram's parts.</summary>
    public static IEnumerable<string> Of(MetricDescription metric)
    {
        string name = Label(metric.Name) + metric.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return metric.Kind switch
        {
            MetricKind.Counter => [$"{name}_total"],
            MetricKind.Histogram => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
            _ => [name],
        };
    }

    /// <summary>The labels of a metric.</summary>
    public static IEnumerable<string> LabelsOf(MetricDescription metric) =>
        metric.Attributes.Concat(metric.OptInAttributes).Append(AttributeNames.DeviceName).Select(Label).Append("le");

    private static string Label(string attribute) => attribute.Replace('.', '_');
}
