using System.Diagnostics.Metrics;

namespace RdmaPipeline.Telemetry;

/// <summary>One observable instrument and all who have something to tell about it.</summary>
internal sealed class ObservedMetric
{
    private readonly Lock _lock = new();
    private Delegate[] _readers = [];

    public ObservedMetric(Meter meter, MetricDescription entry)
    {
        IsTime = entry.IsTime;
        if (IsTime)
        {
            Make(meter, entry, Collect<double>);
        }
        else
        {
            Make(meter, entry, Collect<long>);
        }
    }

    /// <summary>Its values are fractions of seconds, not whole numbers.</summary>
    public bool IsTime { get; }

    /// <summary>Adds a reader of the kind that the metric is.</summary>
    public void Add(Delegate reader)
    {
        lock (_lock)
        {
            Volatile.Write(ref _readers, [.. _readers, reader]);
        }
    }

    /// <summary>Takes it away again: a collection that has begun may still call it.</summary>
    public void Remove(Delegate reader)
    {
        lock (_lock)
        {
            Volatile.Write(ref _readers, [.. _readers.Where(r => r != reader)]);
        }
    }

    private static void Make<TValue>(Meter meter, MetricDescription entry, Func<IEnumerable<Measurement<TValue>>> collect)
        where TValue : struct
    {
        _ = entry.Kind switch
        {
            MetricKind.Counter => (Instrument)meter.CreateObservableCounter(entry.Name, collect, entry.Unit, entry.Description),
            MetricKind.UpDownCounter => meter.CreateObservableUpDownCounter(entry.Name, collect, entry.Unit, entry.Description),
            _ => meter.CreateObservableGauge(entry.Name, collect, entry.Unit, entry.Description),
        };
    }

    private IEnumerable<Measurement<TValue>> Collect<TValue>()
        where TValue : struct =>
        Volatile.Read(ref _readers).SelectMany(reader => ((Func<IEnumerable<Measurement<TValue>>>)reader)());
}
