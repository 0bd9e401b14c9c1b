using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Testing.Traces;

/// <summary>A span as a line of OTLP in JSON. 64-bit numbers are text there, ids are hexadecimal.</summary>
internal static class OtlpJson
{
    /// <summary>A whole request with one span, and the end of the line.</summary>
    public static byte[] Request(Activity span, string service)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("resourceSpans");
            json.WriteStartObject();
            json.WriteStartObject("resource");
            Write(json, [new Tag("service.name", service)]);
            json.WriteEndObject();
            json.WriteStartArray("scopeSpans");
            json.WriteStartObject();
            json.WriteStartObject("scope");
            json.WriteString("name", span.Source.Name);
            json.WriteString("version", span.Source.Version);
            json.WriteEndObject();
            json.WriteStartArray("spans");
            Write(json, span);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Activity span)
    {
        json.WriteStartObject();
        json.WriteString("traceId", span.TraceId.ToHexString());
        json.WriteString("spanId", span.SpanId.ToHexString());
        if (span.ParentSpanId != default)
            json.WriteString("parentSpanId", span.ParentSpanId.ToHexString());
        json.WriteString("name", span.DisplayName);
        json.WriteNumber("kind", (int)span.Kind + 1);
        json.WriteString("startTimeUnixNano", Nanoseconds(span.StartTimeUtc));
        json.WriteString("endTimeUnixNano", Nanoseconds(span.StartTimeUtc + span.Duration));
        Write(json, span.TagObjects);
        json.WriteStartArray("events");
        foreach (ref readonly var told in span.EnumerateEvents())
        {
            json.WriteStartObject();
            json.WriteString("timeUnixNano", Nanoseconds(told.Timestamp.UtcDateTime));
            json.WriteString("name", told.Name);
            Write(json, told.Tags);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("links");
        foreach (ref readonly var link in span.EnumerateLinks())
        {
            json.WriteStartObject();
            json.WriteString("traceId", link.Context.TraceId.ToHexString());
            json.WriteString("spanId", link.Context.SpanId.ToHexString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteStatus(json, span);
        json.WriteEndObject();
    }

    private static void WriteStatus(Utf8JsonWriter json, Activity span)
    {
        json.WriteStartObject("status");
        if (span.Status != ActivityStatusCode.Unset)
            json.WriteNumber("code", (int)span.Status);
        if (span.StatusDescription is { } description)
            json.WriteString("message", description);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IEnumerable<Tag> attributes)
    {
        json.WriteStartArray("attributes");
        foreach (var (key, value) in attributes)
        {
            if (value is null)
                continue;
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteStartObject("value");
            Write(json, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case bool flag:
                json.WriteBoolean("boolValue", flag);
                break;
            case double real:
                json.WriteNumber("doubleValue", real);
                break;
            case int or long or uint:
                json.WriteString("intValue", Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteString("stringValue", Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string Nanoseconds(DateTime utc) =>
        ((utc - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick).ToString(CultureInfo.InvariantCulture);
}
