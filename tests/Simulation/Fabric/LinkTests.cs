using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>Links: time, room and size. Each knob does to packets exactly what its name says.</summary>
public sealed class LinkTests
{
    private const int BitsPerByte = 8;

    [Theory]
    [InlineData(5, 10e9)]
    [InlineData(500, 1e9)]
    [InlineData(80_000, 1e6)]
    public void APacketTakesItsTimeOnTheWireAndTheLatency(int microseconds, double bitsPerSecond)
    {
        var latency = TimeSpan.FromMicroseconds(microseconds);
        using var scene = new FabricScene(new LinkOptions { Latency = latency, BitsPerSecond = bitsPerSecond });
        scene.WriteAll(1000);
        foreach (var arrival in scene.Lines(FabricEvent.Delivered))
        {
            var sent = scene.Lines(FabricEvent.Sent).First(entry => entry.Packet!.Number == arrival.Packet!.Number);
            var onWire = (long)(sent.Packet!.Frame.Length * BitsPerByte / bitsPerSecond * 1e9);
            Assert.InRange(arrival.Nanoseconds - sent.Nanoseconds - (microseconds * 1000) - onWire, -1, 1);
        }
    }

    [Fact]
    public void PacketsFollowOneAnotherAtThePaceOfTheLink()
    {
        using var scene = new FabricScene(new LinkOptions { BitsPerSecond = 1e9 });
        scene.WriteAll(60_000);
        var arrivals = scene.Lines(FabricEvent.Delivered).Where(entry => entry.Node == scene.HostB).ToList();
        Assert.Equal(15, arrivals.Count);
        for (int i = 1; i < arrivals.Count; i++)
        {
            long onWire = arrivals[i].Packet!.Frame.Length * BitsPerByte;
            Assert.InRange(arrivals[i].Nanoseconds - arrivals[i - 1].Nanoseconds, onWire - 1, long.MaxValue);
        }

        // 60 KB take 480 µs at 1 Gbit/s, and little more.
        Assert.InRange(arrivals[^1].Nanoseconds - arrivals[0].Nanoseconds, 440_000, 520_000);
    }

    [Fact]
    public void JitterDelaysAndKeepsTheOrder()
    {
        using var scene = new FabricScene(new LinkOptions { BitsPerSecond = 0, Jitter = TimeSpan.FromMicroseconds(30) });
        for (int i = 0; i < 20; i++)
            scene.WriteAll(i == 0 ? 60_000 : 100);
        var arrivals = scene.Lines(FabricEvent.Delivered).Where(entry => entry.Node == scene.HostB).ToList();
        var delays = arrivals.Select(arrival => arrival.Nanoseconds - SentAt(scene, arrival)).ToList();
        Assert.Equal(arrivals.OrderBy(entry => entry.Packet!.Number), arrivals);
        Assert.All(delays, delay => Assert.InRange(delay, 2_000, 32_000));
        Assert.True(delays.Distinct().Count() > 10);
        Assert.Equal(0, scene.HostB.Dropped(DropReason.OutOfSequence));
    }

    [Fact]
    public void APayloadThatDoesNotFitTheLinkIsLost()
    {
        var link = new LinkOptions { Mtu = 1024 };
        using (var scene = new FabricScene(link, connect: FabricScene.Options with { PathMtu = PathMtu.Mtu1024 }))
            scene.WriteAll(60_000);
        using (var scene = new FabricScene(link, connect: FabricScene.Options with { PathMtu = PathMtu.Mtu2048 }))
        {
            scene.A.Write(scene.B, 2048);
            scene.Fabric.RunUntil(() => scene.A.Has(1), TimeSpan.FromMinutes(1));
            Assert.Equal(WorkCompletionStatus.RetryExceededError, scene.A.Completions[0].Status);
            Assert.Equal(8, scene.Link.From(scene.HostA).Lost(DropReason.MtuExceeded));
        }
    }

    [Fact]
    public void APortTakesNoPayloadThatExceedsItsMtu()
    {
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 1 });
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b", new FabricHostOptions { Mtu = 512 }));
        fabric.Connect(a, b);
        Assert.Equal(PathMtu.Mtu512, b.Device.QueryPort(1).ActiveMtu);
        var (left, right) = (new Endpoint(a), new Endpoint(b));
        left.QueuePair.ConnectTo(right.QueuePair.LocalEndpoint, FabricScene.Options with { PathMtu = PathMtu.Mtu1024 });
        right.QueuePair.ConnectTo(left.QueuePair.LocalEndpoint, FabricScene.Options with { PathMtu = PathMtu.Mtu512 });
        left.Write(right, 1024);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, left.Completions[0].Status);
        Assert.Equal(8, b.Dropped(DropReason.MtuExceeded));
    }

    [Fact]
    public void AFullQueueOfASwitchLosesPacketsAndTheConnectionRecovers()
    {
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 3 });
        var (a, b, s) = (fabric.AddHost("a"), fabric.AddHost("b"), fabric.AddSwitch("s"));
        fabric.Connect(a, s, new LinkOptions { BitsPerSecond = 100e9 });
        var narrow = fabric.Connect(s, b, new LinkOptions { BitsPerSecond = 1e9, QueueBytes = 20_000 });
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        PatternGenerator.Fill(left.Memory.AsSpan(0, 60_000), seed: 1);
        left.Write(right, 60_000);
        fabric.RunUntil(() => left.Has(1));
        Assert.Equal(WorkCompletionStatus.Success, left.Completions[0].Status);
        Assert.Equal(-1, PatternGenerator.FindMismatch(right.Memory.AsSpan(0, 60_000), seed: 1));
        Assert.InRange(narrow.From(s).Lost(DropReason.QueueFull), 1, 60);
        Assert.All(fabric.Log.Entries.Where(entry => entry.Reason == DropReason.QueueFull), entry => Assert.Equal(s, entry.Node));
    }

    [Fact]
    public void AHostWaitsUntilThereIsRoomInFrontOfItsLink()
    {
        using var scene = new FabricScene(new LinkOptions { BitsPerSecond = 1e8, QueueBytes = 1 });
        for (int i = 0; i < 16; i++)
            scene.A.Write(scene.B, 60_000, (ulong)i);
        long most = 0;
        scene.Fabric.PacketSent += _ => most = Math.Max(most, scene.Link.From(scene.HostA).QueuedBytes);
        scene.Fabric.RunUntil(() => scene.A.Has(16), TimeSpan.FromMinutes(1));
        Assert.All(scene.A.Completions, completion => Assert.Equal(WorkCompletionStatus.Success, completion.Status));
        Assert.Equal(0, scene.Link.From(scene.HostA).Lost(DropReason.QueueFull));
        Assert.InRange(most, 100_000, 140_000);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(0, false)]
    public void ABusyLinkMarksPacketsThatAreCapableOfIt(byte trafficClass, bool marks)
    {
        var link = new LinkOptions { BitsPerSecond = 1e9, EcnThresholdBytes = 10_000 };
        using var scene = new FabricScene(link, connect: FabricScene.Options with { TrafficClass = trafficClass });
        scene.WriteAll(60_000);
        var arrived = scene.Lines(FabricEvent.Delivered).Where(entry => entry.Node == scene.HostB).ToList();
        Assert.Equal(marks, arrived.Any(entry => entry.Packet!.Ecn == 3));
        Assert.All(arrived, entry => Assert.True(entry.Packet!.HasValidIcrc));
        Assert.All(arrived.Take(2), entry => Assert.Equal(trafficClass & 3, entry.Packet!.Ecn));
    }

    [Fact]
    public void ACutLosesWhatIsOnTheWayAndTheDevicesHearOfIt()
    {
        using var scene = new FabricScene(new LinkOptions { Latency = TimeSpan.FromMilliseconds(1), BitsPerSecond = 5e9 });
        Drain(scene.A);
        scene.A.Write(scene.B, 60_000);
        scene.Fabric.Advance(TimeSpan.FromMicroseconds(50));
        Assert.Equal(15, scene.Link.From(scene.HostA).Entered);
        Assert.InRange(scene.Link.From(scene.HostA).QueuedBytes, 1, 60_000);
        scene.Link.Down();
        Assert.Equal(AsyncEventType.PortError, Assert.Single(Drain(scene.A)));
        Assert.Equal(PortState.Down, scene.HostB.Device.QueryPort(1).State);
        scene.Fabric.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal((0, 15), (scene.Link.From(scene.HostA).Arrived, scene.Link.From(scene.HostA).Lost(DropReason.NoRoute)));
        // Nothing waits any more for what is gone.
        Assert.Equal(0, scene.Link.From(scene.HostA).QueuedBytes);
        scene.Link.Up();
        Assert.Equal(AsyncEventType.PortActive, Assert.Single(Drain(scene.A)));
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[0].Status);
        Assert.Equal(-1, PatternGenerator.FindMismatch(scene.B.Memory.AsSpan(0, 60_000), seed: 1));
    }

    [Fact]
    public void ALinkThatStaysDownEndsTheConnectionAfterMinutesOfRetries()
    {
        using var scene = new FabricScene(connect: FabricScene.Options with { Timeout = 22, RetryCount = 7 });
        scene.Link.Down();
        scene.A.Write(scene.B, 100);
        scene.Fabric.RunUntil(() => scene.A.Has(1), TimeSpan.FromHours(1));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, scene.A.Completions[0].Status);
        // R-REQ-41, R-REQ-38: seven retries; after each transmission 4.096 µs * 2^22 = 17 s at least and four times that at most.
        Assert.InRange(scene.Fabric.Now, TimeSpan.FromSeconds(8 * 17), TimeSpan.FromSeconds(8 * 4 * 17.2));
    }

    [Fact]
    public void AClogDelaysWhatIsSentAndLosesNothing()
    {
        using var scene = new FabricScene();
        scene.Link.Clog(TimeSpan.FromMilliseconds(30));
        scene.A.Write(scene.B, 1000);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[0].Status);
        var arrival = scene.Lines(FabricEvent.Delivered).First();
        Assert.InRange(arrival.Nanoseconds, 30_000_000, 30_010_000);
        Assert.Empty(scene.Lines(FabricEvent.Lost));
    }

    [Fact]
    public void TheTwoDirectionsOfALinkCanDiffer()
    {
        using var scene = new FabricScene();
        scene.Link.From(scene.HostB).Options = new LinkOptions { Loss = 1 };
        scene.A.Write(scene.B, 1000);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, scene.A.Completions[0].Status);
        Assert.Equal(-1, PatternGenerator.FindMismatch(scene.B.Memory.AsSpan(0, 1000), seed: 1));
        Assert.Equal(0, scene.Link.From(scene.HostA).Lost(DropReason.InjectedFault));
    }

    private static long SentAt(FabricScene scene, FabricLogEntry arrival) =>
        scene.Lines(FabricEvent.Sent).First(entry => entry.Packet!.Number == arrival.Packet!.Number).Nanoseconds;

    private static List<AsyncEventType> Drain(Endpoint end)
    {
        var events = new List<AsyncEventType>();
        while (end.Host.Device.AsyncEvents.TryRead(out var happened))
            events.Add(happened.Type);
        return events;
    }
}
