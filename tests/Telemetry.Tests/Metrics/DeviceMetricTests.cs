using System.Diagnostics.Metrics;
using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>What a device holds, who publishes it, and that nothing of a closed one is left.</summary>
public sealed class DeviceMetricTests
{
    [Fact]
    public void WhatADeviceHoldsIsCounted()
    {
        using var scene = new MetricScene();
        using var region = scene.A.Domain.AllocateMemory(12_345);
        scene.Collect();
        var a = scene.A.Metrics;
        Assert.Equal((2, (4 << 20) + 12_345), (a.Sum(M.MrCount), a.Sum(M.MrSize)));
        Assert.Equal((1, 1), (a.Sum(M.QpCount), a.Sum(M.QpCount, (A.QueuePairState, "rts"), (A.Transport, "rc"))));
        scene.A.Post(SendOpcode.RdmaWrite, 8, scene.B);
        scene.Fabric.RunUntilQuiet();
        Assert.Equal((1, 0), (a.Collect().Sum(M.CqDepth), a.Sum(M.CqOverruns)));
        Assert.True(scene.A.Has(1));
        Assert.Equal(0, a.Collect().Sum(M.CqDepth));
        Assert.Equal((0, true), (a.Sum(M.BufferPoolUsage), a.Sum(M.BufferPoolLimit) > 0));
        region.Dispose();
        Assert.Equal((1, 4 << 20), (a.Collect().Sum(M.MrCount), a.Sum(M.MrSize)));
        scene.Link.Down();
        scene.Fabric.RunUntilQuiet();
        Assert.Equal(1, a.Collect().Sum(M.LinkDowns));
    }

    // R-CQ-8.
    [Fact]
    public void AnOverrunCompletionQueueIsCountedOnce()
    {
        using var scene = new MetricScene();
        var small = scene.A.Host.Device.CreateCompletionQueue(1);
        scene.A.QueuePair = scene.A.Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = QueuePairType.ReliableConnection, SendCompletionQueue = small, ReceiveCompletionQueue = small, SignalAll = true,
        });
        var peer = scene.B.MakeQueuePair();
        scene.A.QueuePair.ConnectTo(peer.LocalEndpoint);
        peer.ConnectTo(scene.A.QueuePair.LocalEndpoint);
        for (int i = 0; i < 4; i++)
            scene.A.Post(SendOpcode.RdmaWrite, 8, scene.B);
        scene.Fabric.RunUntilQuiet();
        Assert.Equal((1, 1), (scene.A.Metrics.Collect().Sum(M.CqOverruns), scene.A.Metrics.Sum(M.CqDepth)));
    }

    [Fact]
    public void ABackEndTellsItsTrafficAndItsKind()
    {
        using var scene = new MetricScene();
        scene.Run(SendOpcode.RdmaWrite, 10 * MetricScene.Mtu);
        var (a, b) = (scene.A.Metrics, scene.B.Metrics);
        var kind = (A.BackendType, (object?)scene.A.Host.Pipeline.Backend.Type);
        Assert.Equal(10, a.Sum(M.BackendPackets, (A.IoDirection, A.Transmit), kind));
        Assert.Equal(10, b.Sum(M.BackendPackets, (A.IoDirection, A.Receive), kind));
        Assert.Equal(a.Sum(M.BackendIo, (A.IoDirection, A.Transmit)), b.Sum(M.BackendIo, (A.IoDirection, A.Receive)));
        Assert.True(a.Sum(M.BackendIo, (A.IoDirection, A.Transmit)) > 10 * MetricScene.Mtu);
        Assert.NotEmpty(a.Recorded(M.BackendBatchSize, (A.IoDirection, A.Transmit), kind));
        Assert.NotEmpty(a.Recorded(M.IcrcDuration, (A.IoDirection, A.Transmit)));
        Assert.NotEmpty(b.Recorded(M.IcrcDuration, (A.IoDirection, A.Receive)));
    }

    [Fact]
    public void OfAClosedDeviceOnlyWhatItCountedIsSeen()
    {
        using var scene = new MetricScene();
        scene.Run(SendOpcode.RdmaWrite, 100);
        Assert.Contains(scene.A.Metrics.Observed, series => !IsCounter(series.Metric));
        scene.A.Host.Device.Dispose();
        scene.Collect();
        Assert.Equal(1, scene.A.Metrics.Sum(MetricNames.WorkRequests));
        Assert.All(scene.A.Metrics.Observed, series => Assert.True(IsCounter(series.Metric), series.ToString()));
        Assert.NotEmpty(scene.B.Metrics.Observed);
    }

    private static bool IsCounter(string metric) => MetricCatalogue.Find(metric).Kind == MetricKind.Counter;

    [Fact]
    public void EveryMetricOfTheCatalogueIsAnInstrumentWithSchemaAndBoundaries()
    {
        using var scene = new MetricScene();
        var instruments = scene.A.Metrics.Instruments;
        Assert.Equal(MetricCatalogue.All.Select(m => m.Name).Order(), instruments.Keys.Order());
        Assert.All(MetricCatalogue.All, entry =>
        {
            var instrument = instruments[entry.Name];
            Assert.Equal((entry.Scope, entry.Unit, entry.Description), (instrument.Meter.Name, instrument.Unit, instrument.Description));
            Assert.Equal(
                (RdmaPipelineTelemetry.SchemaUrl, RdmaPipelineTelemetry.Version),
                (instrument.Meter.TelemetrySchemaUrl, instrument.Meter.Version));
            Assert.Equal(entry.Boundaries, BoundariesOf(instrument));
        });
    }

    // Every attribute of the catalogue, and no other: what is told can be looked up.
    [Fact]
    public void EverySeriesHasTheAttributesOfTheCatalogue()
    {
        using var scene = new MetricScene();
        scene.Fabric.Faults.When(p => p.From(scene.A.Host).Psn(MetricScene.FirstPsn + 3).First(1)).Drop();
        scene.Run(SendOpcode.RdmaWrite, 10 * MetricScene.Mtu);
        scene.Run(SendOpcode.RdmaWrite, 100, completions: 2, key: 1);
        foreach (var series in scene.A.Metrics.Observed.Concat(scene.B.Metrics.Observed))
        {
            string[] optional = [A.ErrorType, A.StageType];
            var expected = MetricCatalogue.Find(series.Metric).Attributes.Append(A.DeviceName).ToHashSet();
            Assert.True(expected.IsSupersetOf(series.Tags.Keys), series.ToString());
            Assert.Empty(expected.Except(series.Tags.Keys).Except(optional));
            Assert.All(MetricCatalogue.Attributes.Where(a => a.Values.Length > 0 && series.Tags.ContainsKey(a.Name)), attribute =>
                Assert.Contains(series.Tags[attribute.Name]!.ToString()!, attribute.Values, StringComparer.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void FactoriesAreIsolatedAndTheSharedMetersSeeNothingOfTheirs()
    {
        using var scene = new MetricScene();
        int shared = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Scope is null && instrument.Name == M.GraphRevision)
                    l.EnableMeasurementEvents(instrument);
            },
        };
        string[] names = [scene.A.Host.Device.Name, scene.B.Host.Device.Name];
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            shared += tags.ToArray().Count(t => t.Key == A.DeviceName && names.Contains(t.Value)));
        listener.Start();
        listener.RecordObservableInstruments();
        scene.Collect();
        var (a, b) = (Assert.Single(scene.A.Metrics.Find(M.GraphRevision)), Assert.Single(scene.B.Metrics.Find(M.GraphRevision)));
        Assert.Equal((0, names[0], names[1]), (shared, a.Tags[A.DeviceName], b.Tags[A.DeviceName]));
    }

    private static IEnumerable<double> BoundariesOf(Instrument instrument) => instrument switch
    {
        Histogram<double> h => h.Advice?.HistogramBucketBoundaries ?? [],
        Histogram<long> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b) ?? [],
        _ => [],
    };
}
