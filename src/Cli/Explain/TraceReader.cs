using System.Globalization;
using System.Text;
using System.Text.Json;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>
/// Reads OTLP in JSON as the OpenTelemetry collector's file exporter writes it: one ExportTraceServiceRequest a line. Only the spans of
/// this library are kept.
/// </summary>
internal static class TraceReader
{
    private const int ErrorCode = 2;

    /// <summary>Reads a file.</summary>
    /// <exception cref="JsonException">A line is no JSON.</exception>
    public static IReadOnlyList<TracedSpan> Read(ReadOnlySpan<byte> bytes)
    {
        var spans = new List<TracedSpan>();
        const StringSplitOptions Lines = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n', Lines))
        {
            using var document = JsonDocument.Parse(line);
            foreach (var resource in Items(document.RootElement, "resourceSpans"))
            {
                foreach (var scope in Items(resource, "scopeSpans").Where(IsOurs))
                    spans.AddRange(Items(scope, "spans").Select(ReadSpan));
            }
        }
        return spans;
    }

    private static bool IsOurs(JsonElement scope) =>
        scope.TryGetProperty("scope", out var described) && Text(described, "name") == RdmaPipelineTelemetry.SourceName;

    private static TracedSpan ReadSpan(JsonElement span) => new()
    {
        Name = Text(span, "name"),
        TraceId = Text(span, "traceId"),
        SpanId = Text(span, "spanId"),
        ParentId = Text(span, "parentSpanId"),
        Start = Time(span, "startTimeUnixNano"),
        End = Time(span, "endTimeUnixNano"),
        Error = ReadError(span),
        Attributes = ReadAttributes(span),
        Events = [.. Items(span, "events").Select(e => new TracedEvent(Text(e, "name"), Time(e, "timeUnixNano"), ReadAttributes(e)))],
        Links = [.. Items(span, "links").Select(link => Text(link, "spanId"))],
    };

    // A status code is a number, or in some writers a name.
    private static string? ReadError(JsonElement span)
    {
        if (!span.TryGetProperty("status", out var status) || !status.TryGetProperty("code", out var code))
            return null;
        bool failed = code.ValueKind == JsonValueKind.Number ? code.GetInt32() == ErrorCode : code.GetString() == "STATUS_CODE_ERROR";
        return failed ? Text(status, "message") : null;
    }

    private static Dictionary<string, object> ReadAttributes(JsonElement owner)
    {
        var attributes = new Dictionary<string, object>();
        foreach (var attribute in Items(owner, "attributes"))
        {
            if (attribute.TryGetProperty("value", out var value) && Value(value) is { } read)
                attributes[Text(attribute, "key")] = read;
        }
        return attributes;
    }

    private static object? Value(JsonElement value)
    {
        if (value.TryGetProperty("stringValue", out var text))
            return text.GetString();
        if (value.TryGetProperty("intValue", out var number))
            return Number(number);
        if (value.TryGetProperty("doubleValue", out var real))
            return real.GetDouble();
        return value.TryGetProperty("boolValue", out var flag) ? flag.GetBoolean() : null;
    }

    // 64-bit numbers are text in OTLP's JSON.
    private static long Number(JsonElement number) => number.ValueKind == JsonValueKind.Number
        ? number.GetInt64()
        : long.TryParse(number.GetString(), CultureInfo.InvariantCulture, out long value) ? value : 0;

    private static long Time(JsonElement owner, string name) => owner.TryGetProperty(name, out var time) ? Number(time) : 0;

    private static string Text(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";

    private static IEnumerable<JsonElement> Items(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : [];
}
