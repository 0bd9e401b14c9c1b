using System.Diagnostics.Metrics;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// What one object (a graph, a device, a back-end) has to tell about the observed metrics of the catalogue, from <see cref="Publish"/>
/// until it is disposed of. Readers run on the thread that collects.
/// </summary>
public sealed class MetricSource : IDisposable
{
    private readonly RdmaPipelineMeters _meters;
    private readonly List<(ObservedMetric Metric, Delegate Reader)> _readers = [];
    private readonly Lock _lock = new();
    private bool _isPublished;

    /// <summary>Makes a source that tells nothing yet.</summary>
    /// <param name="meters">Whose instruments it tells about.</param>
    public MetricSource(RdmaPipelineMeters meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meters = meters;
    }

    /// <summary>Says how a metric is read; before <see cref="Publish"/>.</summary>
    /// <param name="name">A counter, up-down counter or gauge of the catalogue that is no time.</param>
    /// <param name="read">Gives the measurements of this moment, with all attributes.</param>
    /// <returns>This source.</returns>
    /// <exception cref="ArgumentException">The catalogue has no such metric.</exception>
    public MetricSource Add(string name, Func<IEnumerable<Measurement<long>>> read) => Add(name, isTime: false, read);

    /// <summary>Says how a metric that is a time is read; before <see cref="Publish"/>.</summary>
    /// <param name="name">A counter, up-down counter or gauge of the catalogue in seconds.</param>
    /// <param name="read">Gives the measurements of this moment, with all attributes.</param>
    /// <returns>This source.</returns>
    /// <exception cref="ArgumentException">The catalogue has no such metric.</exception>
    public MetricSource Add(string name, Func<IEnumerable<Measurement<double>>> read) => Add(name, isTime: true, read);

    /// <summary>Begins to publish; a second call changes nothing.</summary>
    public void Publish()
    {
        lock (_lock)
        {
            if (_isPublished)
            {
                return;
            }

            _isPublished = true;
            _readers.ForEach(r => r.Metric.Add(r.Reader));
        }
    }

    /// <summary>Stops publishing because another source takes over: nothing of this one is kept.</summary>
    public void Dispose() => End(r => r.Metric.Remove(r.Reader));

    /// <summary>
    /// Stops publishing because what it tells of has ended: where somebody listens, the last values of its counters are kept, and nothing
    /// else, for collections to come. Reads them on this thread.
    /// </summary>
    public void Retire() => End(r => r.Metric.Retire(r.Reader));

    private void End(Action<(ObservedMetric Metric, Delegate Reader)> end)
    {
        lock (_lock)
        {
            if (_isPublished)
            {
                _isPublished = false;
                _readers.ForEach(end);
            }
        }
    }

    private MetricSource Add(string name, bool isTime, Delegate read)
    {
        ArgumentNullException.ThrowIfNull(read);
        ObservedMetric metric = _meters.Observed(name);
        if (metric.IsTime != isTime)
        {
            throw new ArgumentException($"The metric '{name}' is {(isTime ? "no" : "a")} time in seconds.", nameof(name));
        }

        _readers.Add((metric, read));
        return this;
    }
}
