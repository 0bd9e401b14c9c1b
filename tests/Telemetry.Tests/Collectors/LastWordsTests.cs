using RdmaPipeline.Telemetry;
using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>What a device counted since the last collection is not lost when it closes.</summary>
[Collection(AloneCollection.Name)]
public sealed class LastWordsTests
{
    [Fact]
    public void ACollectionAfterTheEndFindsWhatWasCountedToTheEnd()
    {
        using var meters = new OwnMeters();
        using var listener = meters.Listen();
        long encoded;
        using (var pair = new WritePair("last-words", bytes: 64, new DeviceOptions { MeterFactory = meters }))
        {
            pair.Write(100);
            encoded = pair.Near.GetPipeline().Describe().Stages.Single(stage => stage.Name == "encode").ConsumedItems;
        }

        var sums = listener.Collect("last-words/near");
        Assert.Equal(100, encoded);
        Assert.Equal(encoded, sums[MetricNames.BackendPackets + AttributeNames.Transmit]);
        Assert.Equal(encoded, sums[MetricNames.StageConsumedItems + "encode"]);
        Assert.DoesNotContain(sums.Keys, name => name.StartsWith(MetricNames.StageQueueSize, StringComparison.Ordinal));
        Assert.DoesNotContain(sums.Keys, name => name.StartsWith(MetricNames.QpCount, StringComparison.Ordinal));
    }

    [Fact]
    public void WhereNobodyListensNothingIsKept()
    {
        using var meters = new OwnMeters();
        using (var pair = new WritePair("nobody-listens", bytes: 64, new DeviceOptions { MeterFactory = meters })) pair.Write(1);
        using var listener = meters.Listen();
        Assert.Empty(listener.Devices());
    }

    [Fact]
    public void OnlyTheLastFewAreKeptAndNoneOfTheirMemory()
    {
        using var meters = new OwnMeters();
        using var listener = meters.Listen();
        var devices = Enumerable.Range(0, 40).Select(number => OpenAndClose(number, meters)).ToList();
        Assert.Equal(Enumerable.Range(24, 16).Select(number => $"many/device{number}"), listener.Devices());
        // Threads of closed devices end, and are forgotten, in their own time.
        Assert.True(SpinWait.SpinUntil(() => Alive(devices) == 0, TimeSpan.FromSeconds(30)), $"{Alive(devices)} closed devices are kept");
    }

    private static int Alive(List<WeakReference> devices)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return devices.Count(device => device.IsAlive);
    }

    private static WeakReference OpenAndClose(int number, OwnMeters meters)
    {
        using RdmaDevice device = RdmaPipelineDevice.Open($"mem://many/device{number}", new DeviceOptions { MeterFactory = meters });
        return new WeakReference(device);
    }
}
