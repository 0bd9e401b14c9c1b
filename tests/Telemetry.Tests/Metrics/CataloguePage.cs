using System.Globalization;
using System.Text;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Receivers;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>Writes the catalogue as a page to read: telemetry/metrics.md.</summary>
internal static class CataloguePage
{
    public static string Write()
    {
        var page = new StringBuilder($"""
            # Metrics

            Made from `telemetry/RdmaPipeline.Telemetry/MetricCatalogue.cs` by `tests/Telemetry.Tests`; do not edit. Version of the names:
            {RdmaPipelineTelemetry.SchemaVersion}, schema <{RdmaPipelineTelemetry.SchemaUrl}>.

            Subscribe to the meters {string.Join(", ", Scopes().Select(s => $"`{s}`"))}. Every metric carries `{AttributeNames.DeviceName}`.
            Times are in seconds. *Sampled* means the first and then one in {StageMeter.SampleInterval}. Counters are plain fields on the
            data path and are read when somebody collects.

            In Prometheus dots are underscores, units are written out, and counters end in `_total`, whoever exports: the page of the SDK or
            the collector. `promtool check metrics` finds no fault but that some names look to it like counts of histograms:
            {EndInCount()}. They stay: renamed on one of the ways to Prometheus, they would be missed on the others.


            """);
        foreach (var section in MetricCatalogue.All.GroupBy(m => m.Section))
            WriteSection(page, section.Key, section);
        WriteBoundaries(page);
        WriteAttributes(page);
        return page.ToString();
    }

    private static IEnumerable<string> Scopes() => MetricCatalogue.All.Select(m => m.Scope).Distinct().Order(StringComparer.Ordinal);

    private static string EndInCount() => string.Join(", ", MetricCatalogue.All
        .Where(metric => metric.Name.EndsWith(".count", StringComparison.Ordinal)).SelectMany(PrometheusNames.Of).Select(n => $"`{n}`"));

    private static void WriteSection(StringBuilder page, string name, IEnumerable<MetricDescription> entries)
    {
        var first = entries.First();
        page.Append(CultureInfo.InvariantCulture, $"## {name}\n\nMeter `{first.Scope}`.\n\n");
        page.Append("| metric | type | unit | attributes | what it counts |\n|---|---|---|---|---|\n");
        foreach (var entry in entries)
        {
            var attributes = entry.Attributes.Select(a => $"`{a}`").Concat(entry.OptInAttributes.Select(a => $"[`{a}`]"));
            page.Append(CultureInfo.InvariantCulture,
                $"| `{entry.Name}` | {KindOf(entry.Kind)} | `{entry.Unit}` | {string.Join(" ", attributes)} | {entry.Description} |\n");
        }

        page.Append('\n');
    }

    private static void WriteBoundaries(StringBuilder page)
    {
        page.Append("## Boundaries of the histograms\n\n| upper bounds | metrics |\n|---|---|\n");
        var alike = MetricCatalogue.All.Where(m => m.Kind == MetricKind.Histogram)
            .GroupBy(m => string.Join(" ", m.Boundaries.Select(b => b.ToString(CultureInfo.InvariantCulture))));
        foreach (var group in alike)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {group.Key} | {string.Join(" ", group.Select(m => $"`{m.Name}`"))} |\n");
        }

        page.Append('\n');
    }

    private static void WriteAttributes(StringBuilder page)
    {
        page.Append("## Attributes\n\nThose in brackets above only when `DeviceOptions.QueuePairMetrics` asks for them.\n\n");
        page.Append("| attribute | what it says | values |\n|---|---|---|\n");
        foreach (var attribute in MetricCatalogue.Attributes)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"| `{attribute.Name}` | {attribute.Description} | {string.Join(" ", attribute.Values.Select(v => $"`{v}`"))} |\n");
        }
    }

    private static string KindOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.UpDownCounter => "up-down counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };
}
