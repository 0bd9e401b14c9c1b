using System.Diagnostics.Tracing;
using System.Globalization;

namespace RdmaPipeline.Cli.Export;

/// <summary>Hears from OpenTelemetry what did not reach the collector: an exporter tells it nobody else.</summary>
internal sealed class ExportFailures : EventListener
{
    private const string Sdk = "OpenTelemetry-Sdk";
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private readonly Lock _lock = new();
    private string? _first;
    private int _count;
    private string? _dropped;

    /// <summary>One line for each kind of loss; none when everything arrived.</summary>
    public IReadOnlyList<string> Lines()
    {
        lock (_lock)
        {
            string?[] lines = [_first is null ? null : $"{_count} exports of telemetry failed, the first: {_first}", _dropped];
            return [.. lines.OfType<string>()];
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name is Sdk or Exporter) EnableEvents(eventSource, EventLevel.Warning);
    }

    // Instruments of other libraries are nobody's loss.
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        lock (_lock)
        {
            if (eventData.EventSource.Name == Exporter)
            {
                _count++;
                _first ??= Text(eventData);
            }
            else if (eventData.EventName == "ExistsDroppedExportProcessorItems")
            {
                _dropped = Text(eventData);
            }
        }
    }

    private static string Text(EventWrittenEventArgs data) =>
        string.Format(CultureInfo.InvariantCulture, data.Message ?? data.EventName ?? "", [.. data.Payload ?? []]).Split('\n')[0].Trim();
}
