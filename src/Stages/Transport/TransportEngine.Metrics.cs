using RdmaPipeline.Backends;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport.Metrics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <content>What the device publishes while it is open; its graph publishes for itself.</content>
internal sealed partial class TransportEngine
{
    private Action[] _unpublish = [];

    /// <summary>The queue pairs of this moment.</summary>
    public IReadOnlyList<QueuePairEntry> QueuePairs => _table.Snapshot();

    /// <inheritdoc/>
    public long StampPost() => _measures.AreWorkRequestsMeasured ? ReadClock() : 0;

    private void Publish(RdmaDevice device)
    {
        var source = new MetricSource(_measures.Meters);
        new DeviceMetrics(this, _port, device, _measures.QueuePairs, _measures.Device).AddTo(source);
        _unpublish = [new BackendMetrics(Backend, _measures.Meters).Dispose, source.Retire];
        source.Publish();
    }

    // A device that is closed must be found nowhere, or all its memory is kept.
    private void Unpublish()
    {
        foreach (var unpublish in _unpublish)
            unpublish();
    }
}
