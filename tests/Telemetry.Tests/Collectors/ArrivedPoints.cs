using System.Text.Json.Nodes;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>The newest point of each series of a device that a collector has.</summary>
internal sealed class ArrivedPoints
{
    private readonly List<JsonObject> _points;

    public ArrivedPoints(IEnumerable<JsonObject> points, string device) => _points =
    [
        .. points.Where(p => Attribute(p, AttributeNames.DeviceName) == device)
            .GroupBy(p => (p["metric"]!.GetValue<string>(), p["attributes"]!.ToJsonString()))
            .Select(series => series.Last()),
    ];

    /// <summary>The sum over all series of a metric that belong to a stage.</summary>
    public long Sum(string metric, string stage) => Of(metric).Where(p => Attribute(p, AttributeNames.StageName) == stage).Sum(Value);

    /// <summary>The sum over all series of a metric.</summary>
    public long Sum(string metric) => Of(metric).Sum(Value);

    private IEnumerable<JsonObject> Of(string metric) => _points.Where(p => p["metric"]!.GetValue<string>() == metric);

    private static long Value(JsonObject point) => point["value"]!.GetValue<long>();

    private static string? Attribute(JsonObject point, string name) => point["attributes"]![name]?.GetValue<string>();
}
