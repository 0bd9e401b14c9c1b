using System.Diagnostics.Metrics;

namespace RdmaPipeline.TelemetryTests.Metrics.Kit;

/// <summary>Listens to the meters of one factory: recordings as they come, and the observed ones whenever it collects.</summary>
internal sealed class Collected : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<Series> _recorded = [];
    private List<Series> _observed = [];

    public Collected(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope != factory)
                return;
            lock (_gate)
                Instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Note(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Note(i, value, tags));
        _listener.Start();
    }

    /// <summary>All instruments of the factory's meters.</summary>
    public Dictionary<string, Instrument> Instruments { get; } = [];

    /// <summary>What the last collection found.</summary>
    public IReadOnlyList<Series> Observed => _observed;

    /// <summary>Collects anew.</summary>
    public Collected Collect()
    {
        lock (_gate)
            _observed = [];
        _listener.RecordObservableInstruments();
        return this;
    }

    /// <summary>The sum of a metric over all its series with these attributes, as the last collection found them.</summary>
    public double Sum(string metric, params (string Key, object? Value)[] tags) => Find(_observed, metric, tags).Sum(s => s.Value);

    /// <summary>The series of a metric with these attributes.</summary>
    public IReadOnlyList<Series> Find(string metric, params (string Key, object? Value)[] tags) => [.. Find(_observed, metric, tags)];

    /// <summary>The values of a histogram with these attributes, since the listener began.</summary>
    public IReadOnlyList<double> Recorded(string metric, params (string Key, object? Value)[] tags) =>
        [.. Find(_recorded, metric, tags).Select(s => s.Value)];

    public void Dispose() => _listener.Dispose();

    private Series[] Find(List<Series> series, string metric, (string Key, object? Value)[] tags)
    {
        lock (_gate)
            return [.. series.Where(s => s.Metric == metric && s.Has(tags))];
    }

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = new Series(instrument.Name, value, tags.ToArray().ToDictionary(t => t.Key, t => t.Value));
        lock (_gate)
            (instrument.IsObservable ? _observed : _recorded).Add(series);
    }
}
