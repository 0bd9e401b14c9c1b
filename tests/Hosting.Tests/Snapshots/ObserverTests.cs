using System.Reflection;
using System.Text.Json;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Snapshots;

/// <summary>What an observer sees of a device, and that it comes through JSON unchanged.</summary>
[Collection(DeviceCollection.Name)]
public sealed class ObserverTests
{
    [Fact]
    public async Task CountersAreExactAndRatesAreThoseSinceTheLastLook()
    {
        string fabric = TestHost.Address("");
        using var a = RdmaPipelineDevice.Open(fabric + "a");
        using var b = RdmaPipelineDevice.Open(fabric + "b");
        var clock = new VirtualTimeProvider();
        clock.MoveTo(1);
        var observer = new PipelineObserver(devices: () => [a, b], serviceOf: device => device == a ? "left" : null, clock: clock);
        var link = new Link(a, b);
        var first = observer.Look();
        Assert.Equal((0, 0), (first.IntervalSeconds, first.Devices[0].Sent.PacketsPerSecond));
        link.Write();
        await link.Queue.PollAsync(new WorkCompletion[1]);
        clock.MoveTo(2_000_000_001);
        var second = observer.Look();
        const int Packets = Link.Size / 4096;
        var left = second.Devices[0];
        Assert.Equal((2, "left", "mem", "Active"), (second.IntervalSeconds, left.Service, left.Backend, left.PortState));
        Assert.Equal((Packets, Packets / 2), (left.Sent.Packets, left.Sent.PacketsPerSecond));
        var requester = left.Graph.Stages.Single(stage => stage.Name == "requester");
        Assert.Equal((Packets, Packets / 2), (requester.CreatedItems, requester.ItemsPerSecond));
        Assert.Equal(requester.CreatedItems / (double)requester.ProducedBursts, requester.MeanBurst);
        var edge = left.Graph.Edges.Single(one => one.From == "requester");
        Assert.Equal((Packets, Packets / 2, "requester→encode"), (edge.ConsumedItems, edge.ItemsPerSecond, edge.Name));
        var pair = Assert.Single(left.QueuePairs);
        Assert.Equal(("RC", "RTS", link.A.Number, link.B.Number), (pair.Type, pair.State, pair.Number, pair.PeerNumber!.Value));
        Assert.Equal((0, Packets, Packets / 2), (pair.PendingSends, pair.SentPackets, pair.SentPerSecond));
    }

    [Fact]
    public void AProcessIsCalledAsItWasBuiltUnlessItIsTold()
    {
        Assert.Equal(Assembly.GetEntryAssembly()!.GetName().Name, new PipelineObserver(devices: () => []).Look().ProcessName);
        Assert.Equal("told", new PipelineObserver(devices: () => [], processName: "told").Look().ProcessName);
    }

    [Fact]
    public async Task OfManyQueuePairsTheFailedAndTheBusiestAreListed()
    {
        string fabric = TestHost.Address("");
        using var a = RdmaPipelineDevice.Open(fabric + "a");
        using var b = RdmaPipelineDevice.Open(fabric + "b");
        var clock = new VirtualTimeProvider();
        clock.MoveTo(1);
        var observer = new PipelineObserver(devices: () => [a], clock: clock);
        var queue = a.CreateCompletionQueue(16);
        var domain = a.CreateProtectionDomain();
        for (int i = 0; i < DeviceSnapshot.MaxQueuePairs; i++)
            domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        var (quiet, busy) = (new Link(a, b), new Link(a, b));
        quiet.A.Modify(new() { State = QueuePairState.Error });
        observer.Look();
        busy.Write();
        await busy.Queue.PollAsync(new WorkCompletion[1]);
        clock.MoveTo(1_000_000_001);
        var device = observer.Look().Devices[0];
        Assert.Equal((DeviceSnapshot.MaxQueuePairs + 2, DeviceSnapshot.MaxQueuePairs), (device.QueuePairCount, device.QueuePairs.Count));
        Assert.Equal([quiet.A.Number, busy.A.Number], device.QueuePairs.Take(2).Select(pair => pair.Number));
        Assert.Equal(Link.Size / 4096, device.QueuePairs[1].SentPerSecond);
    }

    [Fact]
    public void ASnapshotComesThroughJsonUnchanged()
    {
        using var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        var incidents = new IncidentLog();
        for (int i = 0; i <= IncidentLog.Capacity; i++)
            incidents.Add(new Incident(DateTimeOffset.UnixEpoch, a.Name, IncidentKind.PacketsDropped, "bad_qkey", i));
        var snapshot = new PipelineObserver(incidents, devices: () => [a]).Look();
        Assert.Equal(IncidentLog.Capacity, snapshot.Incidents.Count);
        Assert.Equal(1, snapshot.Incidents[0].Count);
        string json = JsonSerializer.Serialize(snapshot, SnapshotJson.Default.PipelineSnapshot);
        Assert.Contains(
            $"\"device\":\"{a.Name}\",\"kind\":\"PacketsDropped\",\"subject\":\"bad_qkey\",\"count\":1", json, StringComparison.Ordinal);
        var read = JsonSerializer.Deserialize(json, SnapshotJson.Default.PipelineSnapshot)!;
        Assert.Equal(json, JsonSerializer.Serialize(read, SnapshotJson.Default.PipelineSnapshot));
        Assert.Equal(9, read.Devices[0].Graph.Stages.Count);
    }

    [Fact]
    public void OpenDevicesAreThoseThatRunByThemselvesUntilTheyClose()
    {
        using var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        using var simulated = RdmaPipelineDevice.Open(TestHost.Address("a"), new() { Preset = PipelinePreset.Simulated });
        Assert.Contains(a, RdmaPipelineDevice.OpenDevices);
        Assert.DoesNotContain(simulated, RdmaPipelineDevice.OpenDevices);
        a.Dispose();
        Assert.DoesNotContain(a, RdmaPipelineDevice.OpenDevices);
        Assert.Empty(new PipelineObserver(devices: () => [a]).Look().Devices);
    }
}
