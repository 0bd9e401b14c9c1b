using System.Diagnostics.Metrics;
using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>With every metric listened to, a polling thread still moves packets without allocating a byte.</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests
{
    private const int WarmUp = 2_000;
    private const int Measured = 2_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SteadyWritesAllocateNothing(bool isListening)
    {
        s_recordings = 0;
        using var factory = new TestMeterFactory();
        using var listener = isListening ? Listen(factory) : null;
        var options = new DeviceOptions { MeterFactory = factory };
        string fabric = $"mem://{Guid.NewGuid():n}";
        using var a = RdmaPipelineDevice.Open($"{fabric}/a", options);
        using var b = RdmaPipelineDevice.Open($"{fabric}/b", options);
        var (left, right) = (new AllocationEnd(a), new AllocationEnd(b));
        left.QueuePair.ConnectTo(right.QueuePair.LocalEndpoint);
        right.QueuePair.ConnectTo(left.QueuePair.LocalEndpoint);
        var write = new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = left.Memory.Entry(),
            RemoteAddress = right.Memory.Address, RemoteKey = right.Memory.RemoteKey,
        };
        for (int i = 0; i < WarmUp; i++)
            left.Do(write);
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Measured; i++)
                left.Do(write);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(isListening, s_recordings > 0);
    }

    [ThreadStatic]
    private static long s_recordings;

    private static MeterListener Listen(IMeterFactory factory)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Scope == factory)
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => s_recordings++);
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => s_recordings++);
        listener.Start();
        return listener;
    }
}
