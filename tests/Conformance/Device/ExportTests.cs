using System.Diagnostics.Metrics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A device's metrics live as long as it does: nothing of a closed one is kept.</summary>
[Collection(DeviceCollection.Name)]
public class ExportTests
{
    [Fact]
    public void AClosedDeviceIsExportedNoMore()
    {
        string name = $"mem://{Guid.NewGuid():n}/a";
        var device = RdmaPipelineDevice.Open(name);
        string exported = device.GetPipeline().Backend.Name;
        Assert.NotEqual(0, CountSeries(exported));
        device.Dispose();
        Assert.Equal(0, CountSeries(exported));
    }

    private static int CountSeries(string device)
    {
        int count = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == MetricNames.GraphRevision)
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
                count += tag.Key == AttributeNames.DeviceName && (string?)tag.Value == device ? 1 : 0;
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return count;
    }
}
