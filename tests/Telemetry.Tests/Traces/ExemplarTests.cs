using System.Diagnostics;
using System.Diagnostics.Metrics;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>A measurement of what is traced leads to its span: that is current while it is made.</summary>
public sealed class ExemplarTests
{
    [Fact]
    public void TheDurationOfATracedWorkRequestIsMeasuredWhileItsSpanIsCurrent()
    {
        var current = new List<ActivitySpanId?>();
        using var log = new SpanLog();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name == MetricNames.WorkRequestDuration)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            Assert.True(seconds > 0);
            current.Add(Activity.Current?.SpanId);
        });
        listener.Start();
        using var scene = new FabricScene(host: SendSpanTests.All);
        for (int i = 0; i < 5; i++)
        {
            scene.A.Write(scene.B, 5000);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1));
        }
        scene.Fabric.RunUntilQuiet();
        Assert.Equal(log.Of("a", "write").Select(span => (ActivitySpanId?)span.SpanId), current);
        Assert.Null(Activity.Current);
    }
}
