using System.Diagnostics.Metrics;

namespace RdmaPipeline.Telemetry;

/// <summary>One observable instrument and all who have something to tell about it.</summary>
internal sealed class ObservedMetric
{
    // What closed objects left, the newest last; older ones are forgotten.
    private const int MaxLastWords = 16;

    private readonly Lock _lock = new();
    private readonly Instrument _instrument;
    private readonly bool _isCounter;
    private Delegate[] _readers = [];
    private Delegate[] _lastWords = [];

    public ObservedMetric(Meter meter, MetricDescription entry)
    {
        IsTime = entry.IsTime;
        _isCounter = entry.Kind == MetricKind.Counter;
        _instrument = IsTime ? Make(meter, entry, Collect<double>) : Make(meter, entry, Collect<long>);
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

    /// <summary>
    /// Takes a reader away whose object ends. Who collects later still finds what a counter counted to the end: without that, all that
    /// happened since the last collection would be lost, and of an object that did not live long everything.
    /// </summary>
    public void Retire(Delegate reader)
    {
        Remove(reader);
        if (!_isCounter || !_instrument.Enabled)
        {
            return;
        }

        Delegate last = IsTime ? Freeze<double>(reader) : Freeze<long>(reader);
        lock (_lock)
        {
            Volatile.Write(ref _lastWords, [.. _lastWords.TakeLast(MaxLastWords - 1), last]);
        }
    }

    private static Func<IEnumerable<Measurement<TValue>>> Freeze<TValue>(Delegate reader)
        where TValue : struct
    {
        Measurement<TValue>[] last = [.. ((Func<IEnumerable<Measurement<TValue>>>)reader)()];
        return () => last;
    }

    private static Instrument Make<TValue>(Meter meter, MetricDescription entry, Func<IEnumerable<Measurement<TValue>>> collect)
        where TValue : struct => entry.Kind switch
    {
        MetricKind.Counter => meter.CreateObservableCounter(entry.Name, collect, entry.Unit, entry.Description),
        MetricKind.UpDownCounter => meter.CreateObservableUpDownCounter(entry.Name, collect, entry.Unit, entry.Description),
        _ => meter.CreateObservableGauge(entry.Name, collect, entry.Unit, entry.Description),
    };

    // An object that lives comes after one of the same name that does not: of two values of a series the later one counts.
    private IEnumerable<Measurement<TValue>> Collect<TValue>()
        where TValue : struct =>
        Volatile.Read(ref _lastWords).Concat(Volatile.Read(ref _readers))
            .SelectMany(reader => ((Func<IEnumerable<Measurement<TValue>>>)reader)());
}
