using System.Diagnostics.Metrics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Listens to the meters of a test and adds up what one collection gives.</summary>
internal sealed class SumListener : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(string Metric, long Value, Dictionary<string, object?> Tags)> _taken = [];

    public SumListener(OwnMeters meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _taken.Add((instrument.Name, value, tags.ToArray().ToDictionary())));
        _listener.Start();
    }

    /// <summary>The sums of a device, by metric with the stage's name, or else the direction, behind it.</summary>
    public Dictionary<string, long> Collect(string device) => Take()
        .Where(m => m.Tags[AttributeNames.DeviceName] as string == device)
        .GroupBy(m => m.Metric + (Tag(m.Tags, AttributeNames.StageName) ?? Tag(m.Tags, AttributeNames.IoDirection)))
        .ToDictionary(group => group.Key, group => group.Sum(m => m.Value));

    /// <summary>The devices of which a collection tells anything, in the order of it.</summary>
    public IEnumerable<string> Devices() => Take().Select(m => Tag(m.Tags, AttributeNames.DeviceName)!).Distinct();

    public void Dispose() => _listener.Dispose();

    private static string? Tag(Dictionary<string, object?> tags, string name) => tags.GetValueOrDefault(name) as string;

    private List<(string Metric, long Value, Dictionary<string, object?> Tags)> Take()
    {
        _taken.Clear();
        _listener.RecordObservableInstruments();
        return [.. _taken];
    }
}
