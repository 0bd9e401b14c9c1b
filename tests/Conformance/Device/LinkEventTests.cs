using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What happens to a port is told without anybody asking (R-VERB-1, R-VERB-2).</summary>
[Collection(DeviceCollection.Name)]
public class LinkEventTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<PipelinePreset, ShardDriverKind?> Drivers => new()
    {
        { PipelinePreset.Staged, null },
        { PipelinePreset.Staged, ShardDriverKind.Dedicated },
        { PipelinePreset.Polling, null },
        { PipelinePreset.Fused, null },
    };

    [Theory]
    [InlineData(PipelinePreset.Staged)]
    [InlineData(PipelinePreset.Simulated)]
    public void ABackEndThatTellsIsHeardAtOnce(PipelinePreset preset)
    {
        var backend = new LoopbackFabric().Open();
        var observed = new ObservedBackend(backend);
        using var device = RdmaPipelineDevice.Open(
            observed, new DeviceOptions { Preset = preset, LinkWatchPeriod = Timeout.InfiniteTimeSpan });
        int looks = observed.Looks;
        backend.SetLink(false);
        backend.SetLink(false);
        backend.SetLink(true);
        Assert.Equal(looks + 3, observed.Looks);
        Assert.Equal([AsyncEventType.PortError, AsyncEventType.PortActive], Told(device));
        observed.Tell(BackendEvent.ClientReregister);
        Assert.Equal([AsyncEventType.ClientReregister], Told(device));
        Assert.Equal(1, device.GetPipeline().HardwareCounters["link_downed"]);
        Assert.Equal(PortState.Active, device.QueryPort().State);
        Assert.Empty(Told(device));
    }

    [Theory]
    [MemberData(nameof(Drivers))]
    public async Task ABackEndThatCannotTellIsLookedAt(PipelinePreset preset, ShardDriverKind? driver)
    {
        var backend = new LoopbackFabric().Open();
        using var patience = new CancellationTokenSource(Patience);
        using var device = RdmaPipelineDevice.Open(
            new ObservedBackend(backend, tells: false),
            new DeviceOptions { Preset = preset, Driver = driver, LinkWatchPeriod = TimeSpan.FromMilliseconds(10) });
        backend.SetLink(false);
        Assert.Equal(new AsyncEvent(AsyncEventType.PortError, null, null, 1), await Next(device, patience.Token));
        backend.SetLink(true);
        Assert.Equal(new AsyncEvent(AsyncEventType.PortActive, null, null, 1), await Next(device, patience.Token));
        backend.AddAddress(IPAddress.Parse("10.9.9.9"));
        Assert.Equal(new AsyncEvent(AsyncEventType.GidChange, null, null, 1), await Next(device, patience.Token));
    }

    [Fact]
    public void ALookThatFailsIsNotTheEndOfLooking()
    {
        var observed = new ObservedBackend(new LoopbackFabric().Open());
        using var device = RdmaPipelineDevice.Open(observed, new DeviceOptions { LinkWatchPeriod = TimeSpan.FromMilliseconds(10) });
        observed.IsBroken = true;
        int looks = Volatile.Read(ref observed.Looks);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref observed.Looks) >= looks + 3, Patience));
        observed.IsBroken = false;
        Assert.Equal(PortState.Active, device.QueryPort().State);
    }

    [Fact]
    public void ASimulatedDeviceComesToRestBecauseItNeverLooks()
    {
        using var device = RdmaPipelineDevice.Open(
            "mem://quiet/a", new DeviceOptions { Preset = PipelinePreset.Simulated, LinkWatchPeriod = TimeSpan.FromMilliseconds(10) });
        Assert.Equal(long.MaxValue, device.GetPipeline().NextDeadlineNanoseconds);
    }

    [Fact]
    public void ABackEndThatFailsTakesTheDeviceWithIt()
    {
        var observed = new ObservedBackend(new LoopbackFabric().Open());
        using var device = RdmaPipelineDevice.Open(observed, new DeviceOptions { ShardCount = 4 });
        var queue = device.CreateCompletionQueue(8);
        var domain = device.CreateProtectionDomain();
        var queuePairs = Enumerable.Range(0, 4).Select(_ => domain.CreateQueuePair(
            new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue })).ToArray();
        foreach (var queuePair in queuePairs)
            queuePair.ConnectTo(queuePair.LocalEndpoint);
        queuePairs[2].PostReceive(new ReceiveWorkRequest { WorkRequestId = 3 });
        observed.Tell(BackendEvent.Failed);
        Assert.True(SpinWait.SpinUntil(
            () => !device.Provider.Drive() && queuePairs.All(queuePair => queuePair.State == QueuePairState.Error), Patience));
        var one = new WorkCompletion[1];
        Assert.True(SpinWait.SpinUntil(() => queue.Poll(one) == 1, Patience));
        Assert.Equal((3ul, WorkCompletionStatus.WorkRequestFlushedError), (one[0].WorkRequestId, one[0].Status));
        Assert.True(device.GetPipeline().HasFailed);
        Assert.Equal(VerbsErrno.EIO, Assert.Throws<RdmaException>(
            () => queuePairs[0].Modify(new QueuePairAttributes { State = QueuePairState.Reset })).Errno);

        // The queue pairs lie on four shards; the device is told of once, after the queue pairs of a shard.
        var told = new List<AsyncEventType>();
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                told.AddRange(Told(device));
                return told.Contains(AsyncEventType.DeviceFatal);
            },
            Patience));
        Assert.Equal(4, told.Count(type => type == AsyncEventType.QueuePairFatal));
        Assert.Single(told, AsyncEventType.DeviceFatal);
    }

    [Theory]
    [InlineData("LidChange", 5, 0, 0)]
    [InlineData("LidChange", 0, 1, 0)]
    [InlineData("SubnetManagerChange", 0, 0, 9)]
    [InlineData("LidChange, SubnetManagerChange", 5, 1, 9)]
    [InlineData("", 0, 0, 0)]
    public void ChangesOfIdentifiersHaveTheirOwnEvents(string events, int lid, int lmc, int subnetManager)
    {
        var before = new PortAttributes { State = PortState.Active };
        var now = before with { Lid = (ushort)lid, LidMaskControl = lmc, SubnetManagerLid = (ushort)subnetManager };
        Assert.Equal(events, string.Join(", ", Transport.PortChange.Between(before, now)));
        Assert.Equal(
            AsyncEventType.PortActive, Transport.PortChange.Between(before with { State = PortState.Armed }, now).First());
    }

    private static List<AsyncEventType> Told(RdmaDevice device)
    {
        var told = new List<AsyncEventType>();
        while (device.AsyncEvents.TryRead(out var happened))
            told.Add(happened.Type);
        return told;
    }

    private static async Task<AsyncEvent> Next(RdmaDevice device, CancellationToken patience)
    {
        await foreach (var happened in device.ReadAsyncEvents(patience))
            return happened;
        throw new InvalidOperationException("the events ended");
    }
}
