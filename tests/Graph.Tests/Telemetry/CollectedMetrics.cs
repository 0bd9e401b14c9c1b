using System.Diagnostics.Metrics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Telemetry;

/// <summary>What a listener sees of one device: a collection of the observable instruments and the recordings of the others.</summary>
public sealed class CollectedMetrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly string _device;
    private readonly List<(string Name, double Value, Dictionary<string, object?> Tags)> _measurements = [];
    private readonly Lock _lock = new();

    public CollectedMetrics(string device)
    {
        _device = device;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RdmaPipelineTelemetry.PipelineMeterName)
            {
                lock (_lock)
                {
                    Instruments[instrument.Name] = instrument;
                }

                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Note(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Note(i, value, tags));
        _listener.Start();
    }

    public Dictionary<string, Instrument> Instruments { get; } = [];

    public void Collect()
    {
        lock (_lock)
        {
            _measurements.Clear();
        }

        _listener.RecordObservableInstruments();
    }

    public double Sum(string name, params (string Key, object? Value)[] tags) => Find(name, tags).Sum(m => m.Value);

    public int Count(string name, params (string Key, object? Value)[] tags) => Find(name, tags).Count;

    public void Dispose() => _listener.Dispose();

    private List<(string Name, double Value, Dictionary<string, object?> Tags)> Find(string name, (string Key, object? Value)[] tags)
    {
        lock (_lock)
        {
            return [.. _measurements.Where(m => m.Name == name && tags.All(t => Equals(m.Tags.GetValueOrDefault(t.Key), t.Value)))];
        }
    }

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Dictionary<string, object?> all = tags.ToArray().ToDictionary(t => t.Key, t => t.Value);
        if (all.TryGetValue(AttributeNames.DeviceName, out object? device) && !Equals(device, _device))
        {
            return; // another test's graph
        }

        lock (_lock)
        {
            _measurements.Add((instrument.Name, value, all));
        }
    }
}
