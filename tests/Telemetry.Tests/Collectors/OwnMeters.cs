using System.Diagnostics.Metrics;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Meters that nobody but the test which made them listens to.</summary>
internal sealed class OwnMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public SumListener Listen() => new(this);

    public void Dispose() => _meters.ForEach(meter => meter.Dispose());
}
