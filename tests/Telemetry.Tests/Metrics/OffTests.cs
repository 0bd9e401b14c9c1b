using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>While nobody listens no clock is read for metrics, shown by counting; while somebody does, for one in so many.</summary>
[Collection(AloneCollection.Name)]
public sealed class OffTests
{
    private const int Messages = 10 * StageMeter.SampleInterval;

    [Fact]
    public void WorkRequestsAreStampedOnlyForAListenerAndOneInSoMany()
    {
        long off = CountClockReads(isListening: false);
        Assert.Equal(off, CountClockReads(isListening: false));
        // One when it is posted, one when it ends.
        Assert.Equal(off + (2 * Messages / StageMeter.SampleInterval), CountClockReads(isListening: true));
    }

    [Fact]
    public void BurstsAreTimedOnlyForAListenerAndOneInSoMany()
    {
        using var factory = new TestMeterFactory();
        var histogram = RdmaPipelineMeters.Of(factory).Durations(MetricNames.IcrcDuration);
        Assert.Equal(0, CountTimed(new SampledDurations(histogram)));
        using var listener = new Collected(factory);
        Assert.Equal(Messages / StageMeter.SampleInterval, CountTimed(new SampledDurations(histogram)));
        Assert.Equal(Messages / StageMeter.SampleInterval, listener.Recorded(MetricNames.IcrcDuration).Count);
    }

    [Fact]
    public void TheFirstIsTakenAndThenOneInSoMany()
    {
        var turns = new SampleTurns();
        var taken = new List<int>();
        for (int i = 0; i <= 2 * StageMeter.SampleInterval; i++)
        {
            if (turns.IsNextTaken()) taken.Add(i);
        }

        Assert.Equal([0, StageMeter.SampleInterval, 2 * StageMeter.SampleInterval], taken);
    }

    private static int CountTimed(SampledDurations durations) => Enumerable.Range(0, Messages).Count(_ =>
    {
        long begun = durations.Begin();
        durations.End(begun);
        return begun != 0;
    });

    // A simulated run is the same every time, so the clock is read as often every time, but for what metrics read.
    private static long CountClockReads(bool isListening)
    {
        using var factory = new TestMeterFactory();
        using var listener = isListening ? new Collected(factory) : null;
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 5 });
        var options = new FabricHostOptions { Device = new DeviceOptions { MeterFactory = factory }, InitialPsn = 0 };
        var (a, b) = (fabric.AddHost("a", options), fabric.AddHost("b", options));
        fabric.Connect(a, b);
        var (left, right) = (new AllocationEnd(a.Device), new AllocationEnd(b.Device));
        left.QueuePair.ConnectTo(right.QueuePair.LocalEndpoint);
        right.QueuePair.ConnectTo(left.QueuePair.LocalEndpoint);
        long before = fabric.Time.Reads;
        for (int i = 0; i < Messages; i++)
        {
            left.Do(new SendWorkRequest
            {
                Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = left.Memory.Entry(0, 8),
                RemoteAddress = right.Memory.Address, RemoteKey = right.Memory.RemoteKey,
            });
        }

        return fabric.Time.Reads - before;
    }
}
